"""A folder of files: class folders become labels, train/valid/test folders become splits."""

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account
from headstart.core.errors import DataError
from headstart.data.reading.file_places import FilePlaces, file_places
from headstart.data.reading.file_walk import files_below, may_read
from headstart.data.reading.folder_layout import check_annotations, data_files
from headstart.data.reading.name_index import NameIndex
from headstart.data.reading.part_lists import LARGEST_LIST
from headstart.data.records import Blob, example_of

_TABLES, _ARCHIVES = (".csv", ".tsv", ".parquet", ".jsonl"), (".zip", ".tar", ".tar.gz", ".tgz")
_SHOWN = 5


class Folder:
    """Every file of a folder, in the order of its path; nothing is opened before it is read.

    `cats/1.jpg` has the label "cats", `train/cats/1.jpg` also the split "train", `1.jpg` neither,
    unless all names are words and numbers (`cat.1.jpg`, `dog.2.jpg`) and words come again: then these are the labels.
    A `target` of "name:1" takes the first field of the file names as the label; see also `reading.part_lists`.
    """

    form: ClassVar = "files"
    order: ClassVar = 2

    def __init__(self, path: Path, access: Access, *, target: str | None = None) -> None:
        self.path, self._access, self._target = path, access, target

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return isinstance(given, Path) and given.is_dir()

    @cached_property
    def names(self) -> list[str]:
        """Every data file, as a path below the folder with forward slashes."""
        return data_files(files_below(self.path, self._access))

    def account(self) -> Account:
        every = files_below(self.path, self._access)
        check_annotations(every, self.names)
        return self._places.account(every)

    @cached_property
    def _places(self) -> FilePlaces:
        return file_places(files_below(self.path, self._access), self.names, self._read, self._target)

    def _read(self, name: str) -> bytes:
        return Blob.file(self.path / name, name).read(LARGEST_LIST)

    def examples(self) -> Iterator[dict[str, Any]]:
        if not self.names:
            inside = ", ".join(sorted(p.name for p in self.path.iterdir())[:5]) or "an empty folder"
            fix = "give a folder with data files, or name the files themselves"
            named = [
                name for name in files_below(self.path, self._access) if name.lower().endswith(_TABLES + _ARCHIVES)
            ]
            if any(name.lower().endswith(_TABLES) for name in named) and len(named) > 1:
                fix = (
                    f"name them: headstart prepare {' '.join(str(self.path / name) for name in sorted(named)[:_SHOWN])}"
                )
            raise DataError(221, "no data files", where=self.path, found=inside, fix=fix)
        check_annotations(files_below(self.path, self._access), self.names)
        for name, place in zip(self.names, self._places.places, strict=True):
            yield example_of(Blob.file(self.path / name, name), name, *place)

    def find(self, name: str) -> Blob | None:
        """The file that a table beside this folder calls `name`."""
        path = self.path / name
        if os.path.isfile(path) and may_read(path, self.path, self._access):
            return Blob.file(path, name)
        found = self._index.one(name)
        return None if found is None else Blob.file(self.path / found, name)

    @cached_property
    def _index(self) -> NameIndex:
        return NameIndex(files_below(self.path, self._access))
