"""A zip or tar archive of files, read where it lies: class folders become labels, train/valid/test become splits."""

import re
import threading
import weakref
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account
from headstart.core.errors import DataError
from headstart.data.opening.archives import BROKEN, Member, Tar, Zip, check, tar_members, zip_members
from headstart.data.reading.file_places import FilePlaces, file_places
from headstart.data.reading.folder_layout import check_annotations, data_files
from headstart.data.reading.name_index import NameIndex
from headstart.data.reading.part_lists import LARGEST_LIST
from headstart.data.records import Blob, example_of

_TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_FIX = "fetch the archive again"


class Archive:
    """Every data file of an archive, by path (zip) or as it comes (tar); nothing is ever unpacked to disk.

    Refused: absolute names, "..", links, devices, encrypted members, and what goes beyond the budget.
    """

    form: ClassVar = "files"
    order: ClassVar = 2

    def __init__(self, path: Path, access: Access, *, target: str | None = None) -> None:
        self.path, self._target = path, target
        self._lock = threading.Lock()
        try:
            self._open: Zip | Tar = (Zip if _is_zip(path) else Tar)(path, access.budget)
            weakref.finalize(self, self._open.close)  # blobs are read as long as this source lives
            opened = self._open
            listed = zip_members(opened) if isinstance(opened, Zip) else tar_members(opened, path, access.budget)
            self._members = {member.name: member for member in check(listed, path, access.budget)}
        except BROKEN as cause:
            lacking = re.search(r"method tar: \w+\(['\"](.*)['\"]\)", str(cause))  # among what else it is not
            found = lacking[1] if lacking else str(cause)
            raise DataError(271, "not a readable archive", where=path.name, found=found, fix=_FIX) from cause

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return isinstance(given, Path) and given.is_file() and given.name.lower().endswith((".zip", *_TAR))

    def account(self) -> Account:
        names = data_files(list(self._members))
        check_annotations(list(self._members), names)
        return self._places.account(list(self._members))

    @cached_property
    def _places(self) -> FilePlaces:
        names, read = data_files(list(self._members)), lambda name: self._read(self._members[name], LARGEST_LIST)
        return file_places(list(self._members), names, read, self._target)

    def examples(self) -> Iterator[dict[str, Any]]:
        names = data_files(list(self._members))
        if not names:
            found = ", ".join(sorted(self._members)[:5]) or "an empty archive"
            raise DataError(222, "no data files", where=self.path.name, found=found)
        check_annotations(list(self._members), names)
        by_name = dict(zip(names, self._places.places, strict=True))
        for name, value in self._in_turn(names):
            yield example_of(value, name, *by_name[name])

    def _in_turn(self, names: list[str]) -> Iterator[tuple[str, Blob | bytes]]:
        """Members of a zip when they are wanted; those of a tar at once and as they come, for going back in a
        compressed one means to unpack it from its start."""
        if isinstance(self._open, Zip):
            yield from ((name, self._blob(name)) for name in names)
            return
        wanted = set(names)
        for name in self._members:
            if name in wanted:
                yield name, self._read(self._members[name], -1)

    @property
    def names(self) -> list[str]:
        """Every member."""
        return list(self._members)

    def find(self, name: str) -> Blob | None:
        """The member that a table beside this archive calls `name`."""
        found = name if name in self._members else self._index.one(name)
        return None if found is None else self._blob(found)

    @cached_property
    def _index(self) -> NameIndex:
        return NameIndex(self._members)

    def _blob(self, name: str) -> Blob:
        return Blob(name, lambda limit: self._read(self._members[name], limit))

    def _read(self, member: Member, limit: int) -> bytes:
        """Never more than the size the archive declares, which `check` has bounded."""
        wanted = member.size if limit < 0 else min(limit, member.size)
        try:
            if isinstance(self._open, Zip):
                with self._open.open(member.inner) as file:
                    return file.read(wanted)
            with self._lock:  # members of a tar archive share one position
                stream = self._open.extractfile(member.inner)
                return stream.read(wanted) if stream is not None else b""
        except BROKEN as cause:
            where = f"{self.path.name}/{member.name}"
            raise DataError(272, "the archive member is broken", where=where, found=str(cause), fix=_FIX) from cause


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip"
