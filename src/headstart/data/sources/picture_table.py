"""Pictures or sounds with a table among them: metadata.csv or labels.csv in a folder or zip, whose rows name them."""

from __future__ import annotations

import shutil
import weakref
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError
from headstart.core.temporary import make_temporary, temporary_folder
from headstart.data.file_names import MEDIA, SOUNDS
from headstart.data.reading.accounts import counted, files_as, joined
from headstart.data.reading.box_columns import has_boxes
from headstart.data.reading.file_tree import Tree, is_tree, open_tree, peek
from headstart.data.reading.folder_layout import places
from headstart.data.reading.name_index import NameIndex
from headstart.data.reading.parts import part_in, split_above
from headstart.data.reading.picture_columns import head, is_table, picture_column
from headstart.data.reading.readers import reader_of
from headstart.data.reading.roles import Ask, Roles

_MOST = 32  # tables that are looked into


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of the tree by its name, its reader, and the part that its rows are."""

    name: str
    rows: Any
    split: str | None


class PictureTable:
    """Rows of the tables in a folder or zip of pictures or sounds, each with the one that it names.

    A table is one if a column names them, with or without folders and suffix. Its folder or name may say the part
    (train/metadata.csv, train_labels.csv). Files that no row names are not used. Several tables of one part, and
    class folders that say something else than the table, are refused.
    """

    form: ClassVar = "table"
    order: ClassVar = 1

    def __init__(
        self, path: Path, access: Access, *, input: str | None = None, target: str | None = None, ask: Ask | None = None
    ) -> None:
        self.path = path
        self._tree = open_tree(path, access)
        names = self._tree.names
        self._pictures = [name for name in names if PurePosixPath(name).suffix.lower() in MEDIA]
        sounds = all(PurePosixPath(name).suffix.lower() in SOUNDS for name in self._pictures)
        self._noun = "recording" if sounds else "picture"
        self._index = NameIndex(self._pictures)
        self._tables: list[_Table] = []
        found = {name: place for name, place in _written(self._tree, self).items() if _is_read(name)}
        plain = {name: place for name, place in found.items() if not _is_of_boxes(place, access)}
        for name, place in (plain or found).items():
            column = picture_column(place, self._index, access)
            reader: Any = None if column is None else reader_of(place, access)
            if column is not None and reader is not None:
                rows = reader(place, access, input=input or column, target=target, ask=ask)
                self._tables.append(_Table(name, rows, _split(name)))
        if not self._tables:
            raise DataError(
                395, "no table in it names pictures or sounds", where=path, fix="give the pictures and a table of them"
            )
        self._check()

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        if not isinstance(given, Path) or not is_tree(given):
            return False
        names = peek(given, access)
        pictures = [name for name in names if PurePosixPath(name).suffix.lower() in MEDIA]
        tables = [name for name in names if is_table(name)]
        if not pictures or not 0 < len(tables) <= _MOST:
            return False
        index = NameIndex(pictures)
        with temporary_folder() as place:
            tree = open_tree(given, access)
            files = {name: _copied(tree, name, place) for name in tables}
            return any(_is_read(name) and picture_column(file, index, access) for name, file in files.items())

    @property
    def roles(self) -> Roles:
        return self._tables[0].rows.roles

    def labels(self) -> Iterator[Any]:
        for table in self._tables:
            yield from table.rows.labels()

    def account(self) -> Account:
        tables = Account(used=tuple(Used(what=table.name, role=f"table of {self._noun}s") for table in self._tables))
        whole = joined([tables, *(table.rows.account() for table in self._tables)])
        found = list(self._found.values())
        used = {name for names in found for name in names[:1]} | {table.name for table in self._tables}
        absent = [value for (_, value), names in self._found.items() if not names]
        notes = [f"{counted(len(absent), 'row')} of a table name no {self._noun}, e.g. {absent[0]}"] if absent else []
        left = files_as({*self._tree.names} - used)
        return Account(used=whole.used, unused=(*whole.unused, *left), notes=(*whole.notes, *notes))

    def examples(self) -> Iterator[dict[str, Any]]:
        for table in self._tables:
            for row in table.rows.examples():
                made = self._filled(row, table)
                split = table.split or split_above(str(made["origin"]))
                yield made if split is None or "split" in made else {**made, "split": split}

    def _filled(self, row: dict[str, Any], table: _Table) -> dict[str, Any]:
        value = row["input"]
        if isinstance(value, DataError) or value is None:
            return row
        near = self._near(str(value), table.name)
        if not near:
            fix = "add the picture, remove the row, or prepare with --skip-bad"
            error = DataError(
                390, "a row names no picture or sound", where=str(row["origin"]), found=str(value)[:80], fix=fix
            )
            return {**row, "input": error}
        if len(near) > 1:
            fix = "write the folders of the picture into the table"
            error = DataError(391, "a row may name several files", where=str(row["origin"]),
                              found=f"{near[0]} and {near[1]}", fix=fix)  # fmt: skip
            return {**row, "input": error}
        return {**row, "input": self._tree.blob(near[0]), "origin": near[0]}

    def _near(self, value: str, table: str) -> list[str]:
        """The pictures that a row may name; of several those below the folder of its table."""
        found = self._index.like(value)
        folder = PurePosixPath(table).parent.as_posix()
        inside = [name for name in found if folder != "." and name.startswith(f"{folder}/")]
        split = _split(table)
        part = [name for name in found if split is not None and split_above(name) == split]
        return inside or (part if len(found) > 1 and part else found)

    @cached_property
    def _found(self) -> dict[tuple[str, str], list[str]]:
        """The pictures of every value that a table has for one."""
        rows = ((table, row["input"]) for table in self._tables for row in table.rows.examples())
        return {
            (table.name, str(value)): self._near(str(value), table.name)
            for table, value in rows
            if isinstance(value, str | int)
        }

    def _check(self) -> None:
        """DataError for two readings: tables of one part, or class folders that the table contradicts."""
        parts = Counter((table.split, str(PurePosixPath(table.name).parent)) for table in self._tables)
        (split, _), most = parts.most_common(1)[0]
        if most > 1:
            first, second, *_ = [table.name for table in self._tables if table.split == split]
            ways = [f"headstart prepare {self.path / name} {self.path}" for name in (first, second)]
            raise DataError(392, "two tables name the files", where=self.path.name, found=f"{first} and {second}",
                            fix=" or ".join(ways))  # fmt: skip
        folders = dict(zip(self._pictures, places(self._pictures), strict=True))
        classes = {place.label for place in folders.values()} - {None}
        if len(classes) < 2:
            return
        for table in self._tables:
            for row in table.rows.examples():
                near = self._near(str(row["input"]), table.name) if isinstance(row["input"], str | int) else []
                if near and "label" in row and str(row["label"]) != folders[near[0]].label:
                    found = f"'{row['label']}' in {table.name} and the folder {folders[near[0]].label}"
                    fix = f"headstart prepare {self.path / table.name} {self.path}, or move the table away"
                    raise DataError(393, "a table and class folders say different labels", where=near[0], found=found,
                                    fix=fix)  # fmt: skip


def _split(name: str) -> str | None:
    part = part_in(PurePosixPath(name).stem)
    return split_above(name) or (None if part is None else part[0])


def _is_read(name: str) -> bool:
    """Is it a table of labels, rather than one of answers that somebody asks for?"""
    return "submission" not in name.lower()


def _is_of_boxes(place: Path, access: Access) -> bool:
    return has_boxes([str(column) for row in head(place, access)[:1] for column in row])


def _written(tree: Tree, owner: object) -> dict[str, Path]:
    """The tables of a tree as files, for as long as their owner lives."""
    place = make_temporary()
    weakref.finalize(owner, shutil.rmtree, place, ignore_errors=True)
    return {name: _copied(tree, name, place) for name in tree.names if is_table(name)}


def _copied(tree: Tree, name: str, place: Path) -> Path:
    path = place / PurePosixPath(name).name
    path = place / name.replace("/", "_") if path.exists() else path
    path.write_bytes(tree.blob(name).read())
    return path
