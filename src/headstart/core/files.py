"""Files that are whole or absent: written aside, flushed to the disk, then renamed. Checksums of a folder."""

import errno
import glob
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from headstart.core.errors import StorageError
from headstart.core.inert import inert
from headstart.core.operating_system import flush, is_alive

MANIFEST = "manifest.json"
STATE = "last"  # the folder with what an unfinished run goes on from
_FULL = (errno.ENOSPC, errno.EDQUOT)


def make_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, so that they survive a power cut."""
    missing = [place for place in (path.absolute(), *path.absolute().parents) if not place.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for place in missing:
        flush(place.parent)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new; StorageError if the disk is full."""
    with written_whole(path, f"{len(content):,} bytes") as aside:
        aside.write_bytes(content)


@contextmanager
def written_whole(path: Path, needed: str = "") -> Iterator[Path]:
    """Another path to write to, which is renamed to `path` at the end; nothing is left of it if that is not reached.

    What killed processes of this machine have left there is cleared away. StorageError if the disk is full, which says
    what is `needed`.
    """
    for other in path.parent.glob(f".{glob.escape(path.name)}.*"):
        owner = other.name.removeprefix(f".{path.name}.").partition(".")[0]
        if owner.isdigit() and not is_alive(int(owner)):
            other.unlink(missing_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield aside
        flush(aside)
        aside.replace(path)
    except OSError as cause:
        if cause.errno not in _FULL:
            raise
        aside.unlink(missing_ok=True)  # first, for it takes what room there was
        raise StorageError(
            312, "no room left to write the file", where=path, found=f"{cause.strerror}, {_free(path):,} bytes free",
            expected=needed, fix="free some space and run the same command again",
        ) from cause  # fmt: skip
    finally:
        for left in path.parent.glob(f"{glob.escape(aside.name)}*"):
            left.unlink(missing_ok=True)
    flush(path.parent)


def check_room(folder: Path, needed: int) -> None:
    """StorageError unless so many bytes are free where a folder is, or will be."""
    if _free(folder) < needed:
        raise StorageError(
            311, "not enough room on the disk for this run", where=folder, found=f"{_free(folder):,} bytes free",
            expected=f"{needed:,} bytes", fix="free some space or choose another --out",
        )  # fmt: skip


def _free(path: Path) -> int:
    return shutil.disk_usage(next(place for place in (path, *path.absolute().parents) if place.is_dir())).free


def is_aside(name: str) -> bool:
    """Is this what `write_whole` leaves behind when its process is killed?"""
    return re.fullmatch(r"\..+\.\d+", name) is not None


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """A readable JSON file, whole or absent; control letters are escaped, which JSON reads as the same text."""
    content = inert(json.dumps(value, ensure_ascii=False, indent=1)) + "\n"
    write_whole(path, content.encode("utf-8", "surrogatepass"))


def flush_files(folder: Path) -> None:
    """Make everything that was written into a folder survive a power cut."""
    for path in folder.rglob("*"):
        flush(path)
    flush(folder)


PAGES = frozenset({"report.html", "report.json"})  # of prepared data, written once these are whole


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def seal(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write the manifest, the checksum of every file and of itself; that it is there says the folder is complete."""
    files = {name: sha256(folder / name) for name in sorted(_there(folder))}
    body = {**facts, "files": files}
    write_whole(folder / MANIFEST, _manifest({**body, "digest": digest_of(body)}))


def changed_files(folder: Path) -> tuple[int, list[str]]:
    """How many files a manifest lists, and the names of those that are missing, changed or not listed."""
    content = (folder / MANIFEST).read_bytes()
    try:
        manifest: dict[str, Any] = json.loads(content)
        listed: dict[str, str] = manifest["files"]
        del manifest["digest"]
        whole = content == _manifest({**manifest, "digest": digest_of(manifest)})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return 1, [MANIFEST]
    if not whole or not isinstance(listed, dict):
        return 1, [MANIFEST]
    present = _there(folder)
    links = {name for name in present if (folder / name).is_symlink()}  # we write none: who knows whither they lead
    changed = [n for n, digest in listed.items() if n not in present - links or sha256(folder / n) != digest]
    return len(listed) + 1, sorted(changed) + sorted(present - set(listed) - PAGES)


def _there(folder: Path) -> set[str]:
    """Files that a manifest speaks of: all but itself, hidden ones (the lock) and the state to resume from."""
    files = (p.relative_to(folder) for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    return {p.as_posix() for p in files if p.parts[0] != STATE} - {MANIFEST}


def digest_of(body: Mapping[str, Any]) -> str:
    """SHA-256 of a JSON object, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _manifest(body: Mapping[str, Any]) -> bytes:
    return (json.dumps(body, indent=1) + "\n").encode()
