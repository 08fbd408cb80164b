"""Directories whose files are compared with the checksums of their manifest whenever they are used.

Reading every byte at every open would cost seconds for large data. So what a file looked like when its bytes were last
compared (size, times, inode) is kept in the cache, and the bytes are read again only where that changed. Times are
those of the file system: the change time cannot be set by a program, so a file that was edited and given its old date
is noticed too.
"""

import hashlib
import json
import os
import stat
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headstart.core import cache_folder
from headstart.core.errors import ContractError, StorageError
from headstart.core.files import MANIFEST, sha256, write_whole

_Look = list[int]  # size, time of the last write, time of the last change, inode
_Compared = tuple[_Look, str]  # what a file looked like when its bytes had this SHA-256
_MOST = 1 << 26  # bytes of a manifest
_SETTLED = 50_000_000  # nanoseconds after which another write would show in the times of any file system


@dataclass(frozen=True, slots=True)
class Sealed:
    """A directory, and the SHA-256 that each of its files had when it was opened, by name."""

    folder: Path
    files: Mapping[str, str]

    @classmethod
    def of(cls, folder: Path) -> "Sealed | None":
        """A directory by its manifest; None if it has none that lists files."""
        files = _listed(folder)
        return None if files is None else cls(folder, files)

    @classmethod
    def now(cls, folder: Path, names: Iterable[str]) -> "Sealed":
        """These files of a directory without a manifest, as they are now; OSError if one is missing."""
        known, files, fresh = _recall(folder), dict[str, str](), dict[str, _Compared]()
        for name in names:
            look = _look(folder / name)
            before, digest = known.get(name, ([], ""))
            files[name] = digest if before == look else sha256(folder / name)
            fresh[name] = (look, files[name])
        _remember(folder, known, fresh)
        return cls(folder, files)

    def check(self, *, whole: bool = False) -> None:
        """Compare the files with their checksums: those that changed since they were last compared, or all (`whole`).

        StorageError if a file is damaged or missing, ContractError if the directory was replaced by another one.
        """
        known = _recall(self.folder)
        fresh: dict[str, _Compared] = {}
        for name, digest in self.files.items():
            if (self.folder / name).is_symlink():
                continue  # who reads it judges where it leads
            try:
                look = _look(self.folder / name)
                if whole or known.get(name) != (look, digest):
                    self._compare(name, digest)
                    fresh[name] = (look, digest)
            except OSError:
                raise self._other(name) from None
        _remember(self.folder, known, fresh)

    def _compare(self, name: str, digest: str) -> None:
        if sha256(self.folder / name) != digest:
            raise self._other(name)

    def _other(self, name: str) -> StorageError | ContractError:
        """What to say of a file that is not the one that was opened."""
        if _listed(self.folder) != self.files:
            fix = "run the command again when nobody writes there"
            return ContractError(
                156, "the directory was replaced while it was in use", where=self.folder, found=f"another {name}",
                fix=fix,
            )  # fmt: skip
        found = "other bytes" if (self.folder / name).is_file() else "no file"
        fix = "restore the file, or make the directory again"
        return StorageError(206, "a file is not as it was written", where=self.folder / name, found=found, fix=fix)


def _listed(folder: Path) -> Mapping[str, str] | None:
    """Names and checksums of a manifest; None where there is none, or none of ours: it may be a stranger's."""
    place = folder / MANIFEST
    try:
        if not place.is_file() or place.stat().st_size > _MOST:
            return None
        files: Any = json.loads(place.read_bytes())["files"]
        inside = all(not Path(name).is_absolute() and ".." not in Path(name).parts for name in files)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return files if inside and isinstance(files, dict) else None


def _look(path: Path) -> _Look:
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        raise OSError("not a plain file")
    return [about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino]


def _place(folder: Path) -> Path:
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:32]
    return cache_folder.directory() / "compared" / f"{name}.json"


def _recall(folder: Path) -> dict[str, _Compared]:
    """What the files looked like when their bytes were last compared; nothing where that cannot be read."""
    try:
        found = json.loads(_place(folder).read_text("utf-8"))
        return {name: (list(look), str(digest)) for name, (look, digest) in found.items()}
    except (OSError, StorageError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _remember(folder: Path, known: Mapping[str, _Compared], fresh: Mapping[str, _Compared]) -> None:
    """Keep what was compared now, if there is room: without it the bytes are only read again."""
    settled = time.time_ns() - _SETTLED
    kept = {name: one for name, one in fresh.items() if max(one[0][1:3]) < settled}
    if all(known.get(name) == one for name, one in kept.items()):
        return
    try:
        place = _place(folder)
        place.parent.mkdir(exist_ok=True)
        write_whole(place, json.dumps({**known, **kept}).encode())
    except (OSError, StorageError):
        return
