"""Files that list pictures with their annotations, alone or in a folder or zip: what sources of such files share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, NamedTuple

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.core.contracts.budget import Budget
from headstart.core.contracts.source import TABLE
from headstart.core.errors import DataError
from headstart.data.reading.accounts import counted, files_as, some
from headstart.data.reading.file_tree import Tree, is_tree, open_tree, peek
from headstart.data.reading.name_index import NameIndex
from headstart.data.reading.parts import split_in
from headstart.data.records import Blob, short

_HEAD = 1 << 16  # bytes in which such a file says what it is
_MOST = 32  # files that are looked into: a set has a few, other formats have one a picture
_FIX = "correct the annotations or prepare with --skip-bad"


class ListForm(NamedTuple):
    """A form of such files: what it is called, the endings of their names, and whether the beginning is of one."""

    name: str
    suffixes: tuple[str, ...]
    begins: Callable[[bytes], bool]


# A file's bytes, its name and the budget -> for each picture its name as "input", "origin", and its "label" (or
# "of_picture", which gives the label once the picture is found), or the error to report in place of the name.
Rows = Callable[[bytes, str, Budget], Iterator[dict[str, Any]]]


def lists_in(given: object, form: ListForm, access: Access) -> list[str]:
    """The files of this form in a folder or zip; [] for anything else."""
    if not isinstance(given, Path) or not is_tree(given):
        return []
    names = [name for name in peek(given, access) if name.lower().endswith(form.suffixes)]
    if not names or len(names) > _MOST:
        return []
    tree = open_tree(given, access)
    return [name for name in names if form.begins(tree.blob(name).read(_HEAD))]


def is_listed(given: object, form: ListForm, access: Access) -> bool:
    """Is it a file of this form, or a folder or zip with one?"""
    if isinstance(given, Path) and given.is_file() and given.suffix.lower() in form.suffixes:
        return form.begins(Blob.file(given, given.name).read(_HEAD))
    return bool(lists_in(given, form, access))


class Listed:
    """The rows of a lone file, whose pictures are looked for by who asked; or of the files in a folder or zip, with
    their pictures by their name, nearest to the file first. There the name of the file (instances_train2017.json) or of
    its folder says the part, where the row does not. A source of such files is one of these."""

    form: ClassVar = TABLE
    roles: ClassVar = None
    order: ClassVar = 0

    def __init__(self, path: Path, access: Access, form: ListForm, rows: Rows, files: Sequence[str]) -> None:
        """`files`: those of the tree that are read."""
        self.path, self._list_form, self._rows, self._files = path, form, rows, files
        self._access = access
        self._tree = open_tree(path, access) if is_tree(path) else None

    def account(self) -> Account:
        form = f"{self._list_form.name} file"
        if self._tree is None:
            return Account(used=(Used(what=f"{form} {self.path.name}", role="label"),))
        read = {*self._files, *(str(row["origin"]) for row in self.examples())}
        used = (Used(what=counted(len(read & {*self._tree.names}) - len(self._files), "picture"), role="input"),)
        used += (Used(what=f"{form} {some(self._files)}", role="label"),)
        return Account(used=used, unused=files_as(set(self._tree.names) - read))

    def examples(self) -> Iterator[dict[str, Any]]:
        if self._tree is None:
            yield from self._rows(Blob.file(self.path, self.path.name).read(), self.path.name, self._access.budget)
            return
        finder, seen = _Finder(self._tree), dict[str, str]()
        for name in self._files:
            split = split_in(name)
            for row in self._rows(self._tree.blob(name).read(), name, self._access.budget):
                made = finder.filled(row, name)
                if seen.setdefault(str(made["origin"]), name) != name:
                    raise self._twice(seen[str(made["origin"])], name, str(made["origin"]))
                yield made if split is None or "split" in made else {**made, "split": split}

    def _twice(self, first: str, second: str, picture: str) -> DataError:
        ways = [f"headstart prepare {self.path / name} {self.path}" for name in (first, second)]
        found, fix = f"{first} and {second}", f"prepare with one of them: {' or '.join(ways)}"
        return DataError(396, "two files list one picture", where=picture, found=found, fix=fix)


def found_picture(row: Mapping[str, Any], picture: Any) -> dict[str, Any]:
    """The row with its picture in place of the name, and with the label that the picture completes."""
    made = {name: value for name, value in row.items() if name != "of_picture"} | {"input": picture}
    if "of_picture" not in row or isinstance(picture, DataError):
        return made
    try:
        found = row["of_picture"](picture)
        repaired = {**row.get("repaired", {}), **found.get("repaired", {})}
        return made | found | ({"repaired": repaired} if repaired else {})
    except DataError as error:  # reported when the row is read
        return made | {"input": error}


class _Finder:
    """Pictures of a tree by the name that a file has for them."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._index = NameIndex(tree.names)

    def filled(self, row: dict[str, Any], file: str) -> dict[str, Any]:
        """A row with its picture in place of the name, or why it has none."""
        if not isinstance(row["input"], str):
            return found_picture(row, row["input"])
        try:
            name = self._place(row["input"], file)
        except DataError as error:
            return found_picture(row, error) | {"origin": f"{file}: {row['input']}"}
        return found_picture(row, self._tree.blob(name)) | {"origin": name}

    def _place(self, wanted: str, file: str) -> str:
        """The path that ends as wanted, perhaps without its suffix; of several, the one nearest to the file."""
        ends = self._index.like(wanted)
        near = sorted(ends, key=lambda name: _nearness(name, file), reverse=True)
        fix = _FIX if near else "put the picture beside the file, or prepare with --skip-bad"
        if not near:
            raise DataError(202, "no such file", where=short(wanted) or "a picture without a name", fix=fix)
        if len(near) > 1 and _nearness(near[0], file) == _nearness(near[1], file):
            found = f"{near[0]} and {near[1]}"
            raise DataError(299, "two pictures have the same name", where=short(wanted), found=found, fix=fix)
        return near[0]


def _nearness(name: str, file: str) -> tuple[int, bool]:
    """How many folders a picture shares with the file, and whether the file is called like one of its folders."""
    folders, theirs = PurePosixPath(file).parent.parts, PurePosixPath(name).parent.parts
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(folders, theirs, strict=False)))
    return shared, any(folder in PurePosixPath(file).stem for folder in theirs)
