"""A folder or a zip as one thing: names of files, and their bytes by name."""

from pathlib import Path
from typing import Any

from headstart.core.contracts.access import Access
from headstart.core.errors import DataError
from headstart.data.opening.archives import BROKEN, Zip, zip_members
from headstart.data.reading.file_walk import files_below
from headstart.data.reading.folder_layout import is_hidden
from headstart.data.reading.readers import readers
from headstart.data.records import Blob, short


class Tree:
    """Every file below a folder or in a zip that is not hidden, by its path with forward slashes; see `open_tree`."""

    def __init__(self, holder: Any, names: list[str]) -> None:
        self._holder = holder  # the source "folder" or "archive", which reads safely
        self.names = names  # sorted
        self._known = frozenset(names)

    def blob(self, name: str) -> Blob:
        """One of `names`; DataError for anything else, so that nothing outside can be read."""
        if name not in self._known:
            raise DataError(202, "no such file", where=short(name), fix="add the file, or prepare with --skip-bad")
        return self._holder.find(name)


def is_tree(path: Path) -> bool:
    """Can it be opened as a tree?"""
    return path.is_dir() or (path.is_file() and path.suffix.lower() == ".zip")


def open_tree(path: Path, access: Access) -> Tree:
    """The tree at a path; DataError for a zip that is broken or not safe to read."""
    reader = next(reader for reader in readers() if reader.form == "files" and reader.accepts(path, access))
    return Tree(reader(path, access), peek(path, access))


def peek(path: Path, access: Access) -> list[str]:
    """The names alone, for a look at what lies there: [] for what is no tree and for a broken zip."""
    if path not in access.walked:
        access.walked[path] = _names(path, access)
    return access.walked[path]


def _names(path: Path, access: Access) -> list[str]:
    if path.is_dir():
        names = files_below(path, access)
    elif not is_tree(path):
        return []
    else:
        try:
            with Zip(path, access.budget) as archive:
                names = [member.name for member in zip_members(archive)]
        except BROKEN:
            return []
    return sorted(name for name in names if not is_hidden(name))
