"""Shapes as LabelMe writes them: a JSON file for every picture, with rectangles and polygons."""

import re
from collections.abc import Iterator, Mapping
from math import dist
from pathlib import Path
from typing import Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account
from headstart.core.contracts.budget import Budget
from headstart.data.modalities.image.outlines import Shape, around, labelled, size_of
from headstart.data.reading.file_tree import open_tree
from headstart.data.reading.paired import Paired, looked_into
from headstart.data.reading.shape_values import FIX, json_of, name_of, not_read, other_kind, points_of, side_lengths
from headstart.data.records import Blob

_HEAD = 1 << 16  # bytes in which such a file names its shapes
_LARGEST = 1 << 28  # bytes: it may hold the picture as well
_SHAPES = re.compile(rb'"shapes"\s*:\s*\[')
_OUTLINES = ("polygon", "rotation")
_BARE = ("point", "points", "line", "linestrip")  # what has no area
_FORM = "JSON of LabelMe"


class Labelme:
    """Pictures with boxes from a folder or zip in which LabelMe (Russell et al., IJCV 2008, and the program of that
    name) wrote a .json beside each picture, or in another folder.

    A rectangle is a box; of a polygon or circle the box around it is taken. Points and lines are left out, and counted.
    A file without shapes says that there is no box, unless it has flags: those that are set are classes of the picture.
    """

    form: ClassVar = "rows"
    order: ClassVar = 0

    def __init__(self, path: Path, access: Access) -> None:
        self.path = path
        self._pairs = Paired(open_tree(path, access), access, ".json", most=_LARGEST)

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        heads = looked_into(given, ".json", _HEAD, access)
        return bool(heads) and all(_SHAPES.search(head) for head in heads)

    def account(self) -> Account:
        return self._pairs.account("annotation", "LabelMe")

    def examples(self) -> Iterator[dict[str, Any]]:
        yield from self._pairs.examples(_labelled)


def _labelled(data: bytes, where: str, picture: Blob, budget: Budget) -> dict[str, Any]:
    whole = json_of(data, where, _FORM, budget, FIX)
    shapes = whole.get("shapes") if isinstance(whole, Mapping) else None
    if not isinstance(shapes, list) or not all(isinstance(one, Mapping) for one in shapes):
        raise not_read("no list of objects called shapes", where, _FORM, FIX)
    flags = whole.get("flags")
    raised = [str(name) for name, value in flags.items() if value is True] if isinstance(flags, Mapping) else []
    if raised and not shapes:
        return {"label": raised[0] if len(raised) == 1 else raised}
    drawn = [_shape(one, f"{where} shapes[{place}]") for place, one in enumerate(shapes)]
    return labelled(drawn, where, side_lengths(whole, "imageHeight", "imageWidth") or size_of(picture))


def _shape(one: Mapping[str, Any], where: str) -> Shape:
    name, kind = name_of(one.get("label"), where), str(one.get("shape_type") or "polygon")
    if kind == "rectangle":
        return Shape(name, around(points_of(one.get("points"), where)))
    if kind in _OUTLINES:
        return Shape(name, around(points_of(one.get("points"), where, least=3)), outline=True)
    if kind == "circle":
        (x, y), edge = points_of(one.get("points"), where)[:2]
        radius = dist((x, y), edge)
        return Shape(name, (x - radius, y - radius, x + radius, y + radius), outline=True)
    if kind == "mask":  # two corners, and the pixels between them
        return Shape(name, around(points_of(one.get("points"), where)), outline=True)
    if kind in _BARE:
        return Shape(name, None)
    raise other_kind(f"shape_type {kind}", where, "draw it as a rectangle or polygon, or prepare with --skip-bad")
