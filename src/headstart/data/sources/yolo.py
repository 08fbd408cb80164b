"""Boxes as YOLO writes them: a text file for every picture, a line a box, in shares of the picture."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.modalities.image.outlines import Shape, around, labelled, size_of
from headstart.data.opening import yaml_text
from headstart.data.reading.file_tree import Tree, open_tree
from headstart.data.reading.paired import Paired, looked_into
from headstart.data.records import Blob

_LINE = re.compile(r"\d+(?:\.0+)?(?:\s+-?[\d.]+(?:[eE]-?\d+)?){4,}\s*")
_LARGEST = 1 << 22  # bytes of the labels of one picture, or of the names of classes
_BOX = 4
_FIX = "correct the line, or prepare with --skip-bad"


class Yolo:
    """Pictures with boxes from a folder or zip in YOLO's layout: a .txt beside each picture, or in `labels` for those
    in `images`. A line is the number of a class and the middle, width and height of a box, or the corners of an
    outline, as shares of the picture.

    Names of classes come from data.yaml (any .yaml with `names`), classes.txt or a .names file, else they are numbers.
    Parts come from folders, or from lists train.txt, val.txt and test.txt. An empty file says that there is no box, a
    picture without one has no label.
    """

    form: ClassVar = "rows"
    order: ClassVar = 0

    def __init__(self, path: Path, access: Access) -> None:
        self.path = path
        tree = open_tree(path, access)
        self._pairs = Paired(tree, access, ".txt", most=_LARGEST)
        self._names, self._from = _class_names(tree)

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        lines = [line for data in looked_into(given, ".txt", _LARGEST, access) for line in _lines(data)]
        return bool(lines) and all(_LINE.fullmatch(line.strip()) for line in lines)

    def account(self) -> Account:
        return self._pairs.account("label file", "YOLO", [Used(what=one, role="class names") for one in self._from])

    def examples(self) -> Iterator[dict[str, Any]]:
        yield from self._pairs.examples(self._labelled)

    def _labelled(self, data: bytes, where: str, picture: Blob, budget: Budget) -> dict[str, Any]:
        size = size_of(picture)
        lines = [(number, line) for number, line in enumerate(_text(data).splitlines(), 1) if line.strip()]
        return labelled([_object(line, self._names, size, f"{where}:{number}") for number, line in lines], where, size)


def _text(data: bytes) -> str:
    return data.decode("utf-8-sig", "replace")


def _lines(data: bytes) -> list[str]:
    return [line for line in _text(data).splitlines() if line.strip()]


def _class_names(tree: Tree) -> tuple[Mapping[int, str], tuple[str, ...]]:
    """Names by number, and the file that they come from; ({}, ()) where nobody says them."""
    for name in tree.names:
        if PurePosixPath(name).suffix.lower() in (".yaml", ".yml"):
            data = tree.blob(name).read(_LARGEST)
            if b"names" not in data:
                continue
            try:
                whole = yaml_text.loads(data)
            except yaml_text.BROKEN as cause:
                found, fix = " ".join(str(cause).split()), "correct the file, or remove it to number the classes"
                raise DataError(
                    275, "the names of the classes cannot be read", where=name, found=found, fix=fix
                ) from cause
            names = whole.get("names") if isinstance(whole, dict) else None
            if isinstance(names, list):
                return dict(enumerate(map(str, names))), (name,)
            if isinstance(names, dict) and all(str(key).isdecimal() for key in names):
                return {int(key): str(value) for key, value in names.items()}, (name,)
    for name in tree.names:
        if PurePosixPath(name).name.lower() in ("classes.txt", "labels.txt", "obj.names") or name.endswith(".names"):
            lines = [line.strip() for line in _text(tree.blob(name).read(_LARGEST)).splitlines() if line.strip()]
            return dict(enumerate(lines)), (name,)
    return {}, ()


def _object(line: str, names: Mapping[int, str], size: tuple[int, int], where: str) -> Shape:
    """Name and edges of a box, or of the box around an outline."""
    cells = line.split()
    if not _LINE.fullmatch(line.strip()) or (len(cells) - 1 != _BOX and len(cells) % 2 == 0):
        raise _odd("a line that is no box", line, where)
    number, shares = int(float(cells[0])), [float(cell) for cell in cells[1:]]
    if names and number not in names:
        raise _odd(f"class {number}, which has no name", line, where)
    if any(not -0.01 <= share <= 1.01 for share in shares):
        raise _odd("a number that is no share of the picture", line, where)
    height, width = size
    if len(shares) == _BOX:
        x, y, across, down = shares
        edges = (x - across / 2, y - down / 2, x + across / 2, y + down / 2)
    else:
        edges = around(list(pairwise(shares))[::2])
    left, top, right, bottom = (edge * side for edge, side in zip(edges, (width, height) * 2, strict=True))
    return Shape(names.get(number, str(number)), (left, top, right, bottom), len(shares) > _BOX)


def _odd(found: str, line: str, where: str) -> DataError:
    expected = "a class and x, y, width, height in shares of the picture"
    return DataError(
        388, "this is no label of YOLO", where=where, found=f"{found}: {line[:60]}", expected=expected, fix=_FIX
    )
