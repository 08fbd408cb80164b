"""Boxes as YOLO writes them: a text file for every picture, a line a box, in shares of the picture."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

import yaml

from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError
from headstart.data.modalities.image.annotations import Edges, boxed
from headstart.data.modalities.image.sizing import glance
from headstart.data.reading.accounts import counted, files_as, some
from headstart.data.reading.file_tree import Tree, is_tree, open_tree, peek
from headstart.data.reading.pairing import lists_of, paired
from headstart.data.records import Blob, example_of

_LINE = re.compile(r"\d+(?:\.0+)?(?:\s+-?[\d.]+(?:[eE]-?\d+)?){4,}\s*")
_LOOK = 20  # label files that are looked into
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

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tree = open_tree(path)
        self._pairs = _pairs(self._tree.names)
        self._names, self._from = _class_names(self._tree)
        self._lists = lists_of(self._tree, list(self._pairs))

    @classmethod
    def accepts(cls, given: object) -> bool:
        if not isinstance(given, Path) or not is_tree(given):
            return False
        found = [text for text in _pairs(peek(given)).values() if text is not None]
        if not found:
            return False
        tree = open_tree(given)
        lines = [line for name in found[:_LOOK] for line in _text(tree, name).splitlines() if line.strip()]
        return bool(lines) and all(_LINE.fullmatch(line.strip()) for line in lines)

    def account(self) -> Account:
        labelled = [text for text in self._pairs.values() if text is not None]
        used = [Used(what=counted(len(self._pairs), "picture"), role="input")]
        used += [Used(what=counted(len(labelled), "label file") + " of YOLO", role="label")]
        used += [Used(what=one, role="class names") for one in self._from]
        used += [Used(what=some(self._lists.files), role="split")] if self._lists.files else []
        known = {*self._pairs, *labelled, *self._from, *self._lists.files}
        notes = self._lists.notes
        if none := len(self._pairs) - len(labelled):
            notes = (*notes, f"{none:,} pictures have no label file, and so no label")
        return Account(used=tuple(used), unused=files_as(set(self._tree.names) - known), notes=notes)

    def examples(self) -> Iterator[dict[str, Any]]:
        for picture, text in self._pairs.items():
            blob = self._tree.blob(picture)
            made = example_of(blob, picture, split=self._lists.splits.get(picture))
            if text is not None:
                try:
                    made |= _labelled(_text(self._tree, text), self._names, blob, text)
                except DataError as error:
                    made["input"] = error
            yield made


def _pairs(names: Sequence[str]) -> dict[str, str | None]:
    return paired(names, lambda path: path.suffix.lower() == ".txt")


def _text(tree: Tree, name: str) -> str:
    return tree.blob(name).read(_LARGEST).decode("utf-8-sig", "replace")


def _class_names(tree: Tree) -> tuple[Mapping[int, str], tuple[str, ...]]:
    """Names by number, and the file that they come from; ({}, ()) where nobody says them."""
    for name in tree.names:
        if PurePosixPath(name).suffix.lower() in (".yaml", ".yml"):
            try:
                whole = yaml.safe_load(_text(tree, name))
            except yaml.YAMLError:
                continue
            names = whole.get("names") if isinstance(whole, dict) else None
            if isinstance(names, list):
                return dict(enumerate(map(str, names))), (name,)
            if isinstance(names, dict) and all(str(key).isdecimal() for key in names):
                return {int(key): str(value) for key, value in names.items()}, (name,)
    for name in tree.names:
        if PurePosixPath(name).name.lower() in ("classes.txt", "labels.txt", "obj.names") or name.endswith(".names"):
            lines = [line.strip() for line in _text(tree, name).splitlines() if line.strip()]
            return dict(enumerate(lines)), (name,)
    return {}, ()


def _labelled(text: str, names: Mapping[int, str], picture: Blob, where: str) -> dict[str, Any]:
    seen = glance(picture)
    size = (seen.height, seen.width) if seen is not None else (0, 0)
    drawn = [
        _object(line, names, size, f"{where}:{number}")
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip()
    ]
    label, repaired = boxed(size, drawn, where)
    return {"label": label, **({"repaired": repaired} if repaired else {})}


def _object(line: str, names: Mapping[int, str], size: tuple[int, int], where: str) -> tuple[str, Edges]:
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
        corners = list(pairwise(shares))[::2]
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        edges = (min(xs), min(ys), max(xs), max(ys))
    left, top, right, bottom = (round(edge * side, 3) for edge, side in zip(edges, (width, height) * 2, strict=True))
    return names.get(number, str(number)), (left, top, right, bottom)


def _odd(found: str, line: str, where: str) -> DataError:
    expected = "a class and x, y, width, height in shares of the picture"
    return DataError(
        388, "this is no label of YOLO", where=where, found=f"{found}: {line[:60]}", expected=expected, fix=_FIX
    )
