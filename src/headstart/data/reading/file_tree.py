"""A folder or a zip as one thing: names of files, and their bytes by name."""

import os
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

from headstart.core import catalog
from headstart.core.errors import DataError
from headstart.data.reading.archives import BROKEN, zip_members
from headstart.data.records import Blob, short


class Tree:
    """Every file below a folder or in a zip, those that lie beside data as well.

    Names are paths with forward slashes; hidden files and folders are left out. Built by `open_tree`.
    """

    def __init__(self, holder: Any, names: list[str]) -> None:
        self._holder = holder  # the source "folder" or "archive", which reads safely
        self._names = names
        self._known = frozenset(names)

    def names(self) -> list[str]:
        """Every file, sorted."""
        return self._names

    def blob(self, name: str) -> Blob:
        """One of `names`; DataError for anything else, so that nothing outside can be read."""
        if name not in self._known:
            raise DataError(202, "no such file", where=short(name), fix="add the file, or prepare with --skip-bad")
        return self._holder.find(name)


def is_tree(path: Path) -> bool:
    """Can it be opened as a tree?"""
    return path.is_dir() or (path.is_file() and path.suffix.lower() == ".zip")


def open_tree(path: Path) -> Tree:
    """The tree at a path; DataError for a zip that is broken or not safe to read."""
    readers = (catalog.load("sources", kind) for kind in catalog.kinds("sources"))
    reader = next(reader for reader in readers if reader.form == "files" and reader.accepts(path))
    return Tree(reader(path), peek(path))


def peek(path: Path) -> list[str]:
    """The names alone, for a look at what lies there: [] for what is no tree and for a broken zip."""
    if path.is_dir():
        found = [(Path(top) / name).relative_to(path).as_posix() for top, _, files in os.walk(path) for name in files]
    elif is_tree(path):
        try:
            with zipfile.ZipFile(path) as archive:
                found = [member.name for member in zip_members(archive)]
        except BROKEN:
            found = []
    else:
        found = []
    return sorted(name for name in found if not _hidden(name))


def _hidden(name: str) -> bool:
    return any(piece.startswith(".") or piece == "__MACOSX" for piece in PurePosixPath(name).parts)
