"""Paths in a table -> the files they mean: in what was given as well, beside the table, or in its neighbours."""

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

from headstart.core.contracts.access import Access
from headstart.core.errors import DataError
from headstart.data.file_names import is_address
from headstart.data.reading.file_walk import may_read
from headstart.data.reading.name_index import NameIndex
from headstart.data.reading.readers import readers
from headstart.data.records import Blob, short


class Holder(Protocol):
    """Something with named files in it."""

    def find(self, name: str) -> Blob | None: ...


class Resolver:
    """Finds the file that a row of a table names: in the given folders and archives, then relative to the table's
    folder, then in the folders and archives that lie there. What lies elsewhere is refused, also behind a link. Rows of
    a program, which have no folder, may name any file."""

    def __init__(self, folder: Path | None, given: Sequence[Holder], access: Access) -> None:
        self._folder, self._given, self._access = folder, given, access
        self._listed: dict[Path, NameIndex] = {}

    def blob(self, name: str) -> Blob:
        """The file; DataError if nobody has it."""
        wanted = name.strip().replace("\\", "/")
        for holder in self._given:
            if (found := holder.find(wanted)) is not None:
                return found
        if self._folder is None:
            if os.path.isfile(wanted):
                return Blob.file(Path(wanted), name)
        elif os.path.isfile(self._folder / wanted):
            return Blob.file(self._inside(self._folder / wanted, name), name)
        elif Path(wanted).is_absolute():
            pass
        elif (beside := self._beside(wanted)) is not None:
            return Blob.file(beside, name)
        else:
            for holder in self._neighbours:
                if (found := holder.find(wanted)) is not None:
                    return found
        if is_address(wanted):
            raise not_fetched(name)
        fix = "correct the path, give the folder or archive it lies in as well, or prepare with --skip-bad"
        raise DataError(202, "no such file", where=short(name) or "a row without a path", fix=fix)

    def _inside(self, path: Path, name: str) -> Path:
        """The path; DataError if it leads out of the folder of the table: a table of strangers could name any file."""
        assert self._folder is not None
        if may_read(path, self._folder, self._access):
            return path
        fix = "pass --follow, or give the folder that it lies in beside the table: headstart prepare TABLE FOLDER"
        raise DataError(210, "a row names a file outside of the source", where=short(name), fix=fix)

    def _beside(self, wanted: str) -> Path | None:
        """The file in the folder that the name means, whatever the form of its letters."""
        assert self._folder is not None
        place = (self._folder / wanted).parent
        if place not in self._listed:
            names = [path.name for path in place.iterdir() if path.is_file()] if place.is_dir() else []
            self._listed[place] = NameIndex(names)
        found = self._listed[place].exact(wanted.rpartition("/")[2])
        return None if found is None else place / found

    @cached_property
    def _neighbours(self) -> list[Holder]:
        assert self._folder is not None
        paths = [path for path in sorted(self._folder.iterdir()) if not path.name.startswith(".")]
        holders = [reader for reader in readers() if reader.form == "files"]
        access = self._access
        return [reader(path, access) for path in paths for reader in holders if reader.accepts(path, access)]


def places_of(roots: Sequence[Path | None]) -> list[str]:
    """What tells rows of several folders apart: the path of each below the folder that holds all, with a slash at its
    end; "" where there is one folder, or none."""
    known = [root.resolve() for root in roots if root is not None]
    if len(set(known)) < 2 or len({root.anchor for root in known}) > 1:
        return [""] * len(roots)
    common = os.path.commonpath(known)
    below = ["." if root is None else root.resolve().relative_to(common).as_posix() for root in roots]
    return ["" if name == "." else f"{name}/" for name in below]


def not_fetched(name: str) -> DataError:
    """The error for a picture that is named by its address."""
    fix = (
        "download the pictures into a folder and give it beside the table: headstart prepare TABLE FOLDER; or pass "
        "--modality text to read the addresses as texts"
    )
    return DataError(209, "pictures of the web are not fetched", where=short(name), fix=fix)
