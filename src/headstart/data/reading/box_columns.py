"""Which columns of a table are the edges of boxes, where their names leave no doubt."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from headstart.core.errors import DataError

_MARKS = re.compile(r"[\s_.-]")
_PREFIX = re.compile(r"^(bbox|box|bb)(?=.)")
_PICTURES = ("filename", "imagename", "imagefilename", "imagefile", "image", "img", "imageid", "imagepath", "filepath",
             "path", "file", "fname", "picture", "photo", "frame")  # fmt: skip
_LABELS = ("class", "label", "classname", "labelname", "category", "categoryname", "object", "name", "classid",
           "categoryid", "target")  # fmt: skip
_SPLITS = ("split", "subset")
_CORNERS = (("xmin", "ymin", "xmax", "ymax"), ("x1", "y1", "x2", "y2"), ("left", "top", "right", "bottom"),
            ("x0", "y0", "x1", "y1"), ("xtl", "ytl", "xbr", "ybr"))  # fmt: skip
_LEFT_TOP = (("xmin", "ymin"), ("left", "top"), ("x1", "y1"), ("xtl", "ytl"), ("topleftx", "toplefty"))
_MIDDLE = (("xcenter", "ycenter"), ("centerx", "centery"), ("cx", "cy"), ("xc", "yc"), ("xmid", "ymid"))
_SIDES = (("w", "h"), ("width", "height"))
_OF_BOX = {"width": "w", "height": "h"}  # bbox_width beside the width of a picture
_ANY = (*_LEFT_TOP, *_MIDDLE, ("x", "y"))  # of x and y nobody knows which they are


@dataclass(frozen=True, slots=True)
class BoxColumns:
    """The columns of a table with a row a box.

    edges  four names, whose meaning is `form`: "corners", "sides" (left, top, width, height) or "middle" (of the box,
           with its width and height)
    size   those of the height and width of the picture, where the table has them
    """

    picture: str
    label: str
    edges: tuple[str, ...]
    form: str
    split: str | None = None
    size: tuple[str, str] | None = None

    def box(self, numbers: Sequence[float]) -> tuple[float, float, float, float]:
        """The edges of a box from its four numbers."""
        x, y, across, down = numbers
        if self.form == "corners":
            return x, y, across, down
        if self.form == "sides":
            return x, y, x + across, y + down
        return x - across / 2, y - down / 2, x + across / 2, y + down / 2


def has_boxes(columns: Sequence[str]) -> bool:
    """Are there columns of pictures and of boxes in them, in whatever form?"""
    plain = _plain(columns)
    boxes = "bbox" in plain or any(set(names) <= plain.keys() for names in (*_CORNERS, *_sided(_ANY)))
    return boxes and any(name in plain for name in _PICTURES)


def box_columns(columns: Sequence[str]) -> BoxColumns | None:
    """The columns by their names; None if they are not told by them: "x, y, width, height" may mean a corner or the
    middle of a box."""
    plain = _plain(columns)
    found = _edges(plain)
    picture = next((plain[name] for name in _PICTURES if name in plain), None)
    label = next((plain[name] for name in _LABELS if name in plain), None)
    if found is None or picture is None or label is None or len(plain) < len(columns):
        return None
    form, edges = found
    split = next((plain[name] for name in _SPLITS if name in plain), None)
    sides = ("height", "width") if {"height", "width"} <= plain.keys() - {*edges} else None
    size = None if sides is None else (plain[sides[0]], plain[sides[1]])
    return BoxColumns(picture, label, tuple(plain[name] for name in edges), form, split, size)


def _plain(columns: Sequence[str]) -> Mapping[str, str]:
    """The columns by their names in small letters without marks: "bbox_x_min" is "xmin", "bbox_width" is "w"."""
    found: dict[str, str] = {}
    for column in columns:
        name = _MARKS.sub("", column.strip().lower())
        bare = "" if name == "bbox" else _PREFIX.sub("", name)
        found[_OF_BOX.get(bare, bare) if bare and bare != name else name] = column
    return found


def _edges(plain: Mapping[str, str]) -> tuple[str, tuple[str, ...]] | None:
    """The form of the boxes and the names of their columns."""
    corners = [names for names in _CORNERS if set(names) <= plain.keys()]
    if corners:
        return "corners", corners[0]
    for form, places in (("sides", _LEFT_TOP), ("middle", _MIDDLE)):
        found = [names for names in _sided(places) if set(names) <= plain.keys()]
        if found:
            return form, found[0]
    return None


def _sided(places: Sequence[tuple[str, str]]) -> list[tuple[str, ...]]:
    return [(*place, *sides) for place in places for sides in _SIDES]


def check_no_boxes(columns: Sequence[str], where: str) -> None:
    """DataError for a table of boxes, a row a box: its rows are no examples, and its classes no labels of pictures."""
    if has_boxes(columns):
        ways = "xmin, ymin, xmax, ymax (or left, top, width, height; or x_center, y_center, width, height)"
        fix = f"write it as CSV with columns image, label, {ways}, or name the label of a picture with --target"
        found = "columns " + ", ".join(columns)
        raise DataError(394, "the boxes of this table cannot be read", where=where, found=found, fix=fix)
