"""Shapes that people drew in a picture -> the label of boxes, and what was done with shapes that are no boxes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from headstart.data.modalities.image.annotations import Edges, boxed
from headstart.data.modalities.image.sizing import glance
from headstart.data.records import Blob

AROUND = "outlines were read as the boxes around them"
SKIPPED = "points and lines, which have no box, were left out"


_DIGITS = 3  # of a pixel; shares and per cent give endless ones


@dataclass(frozen=True, slots=True)
class Shape:
    """What is drawn and its edges in pixels; `edges` is None for points and lines, `outline` is true for polygons,
    circles and turned boxes, of which the box around them is taken."""

    name: str
    edges: Edges | None
    outline: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """The shapes of one picture, which become its label once the picture is found. `size` is its height and width as
    the annotation states them, None if it does not."""

    shapes: tuple[Shape, ...]
    where: str
    size: tuple[int, int] | None = None

    def __call__(self, picture: Any) -> dict[str, Any]:
        """The facts "label" and "repaired" of the example of this picture. DataError for edges that are shares."""
        return labelled(self.shapes, self.where, self.size or size_of(picture))


def labelled(shapes: Iterable[Shape], where: str, size: tuple[int, int]) -> dict[str, Any]:
    """The facts "label" and "repaired" of the example of a picture of this height and width."""
    every = list(shapes)
    drawn = [(one.name, _rounded(one.edges)) for one in every if one.edges is not None]
    label, repaired = boxed(size, drawn, where)
    counts = {AROUND: sum(one.outline for one in every), SKIPPED: sum(one.edges is None for one in every), **repaired}
    repaired = {what: count for what, count in counts.items() if count}
    return {"label": label, **({"repaired": repaired} if repaired else {})}


def _rounded(edges: Edges) -> Edges:
    left, top, right, bottom = (round(edge, _DIGITS) for edge in edges)
    return left, top, right, bottom


def size_of(picture: Any) -> tuple[int, int]:
    """Height and width of a picture, (0, 0) of one that is broken: that is reported when it is read."""
    seen = glance(picture) if isinstance(picture, Blob | bytes) else None
    return (seen.height, seen.width) if seen is not None else (0, 0)


def around(points: Sequence[Sequence[float]]) -> Edges:
    """The box around points [n, 2]."""
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def turned(edges: Edges, degrees: float, pivot: tuple[float, float] | None = None) -> Edges:
    """The box around a box that was turned clockwise, about its middle or a pivot."""
    left, top, right, bottom = edges
    x0, y0 = pivot or ((left + right) / 2, (top + bottom) / 2)
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = [(x - x0, y - y0) for x in (left, right) for y in (top, bottom)]
    return around([(x0 + x * cos - y * sin, y0 + x * sin + y * cos) for x, y in corners])


def ellipse(x: float, y: float, across: float, down: float, degrees: float) -> Edges:
    """The box around an ellipse of these half axes that was turned about its middle."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    half_width, half_height = math.hypot(across * cos, down * sin), math.hypot(across * sin, down * cos)
    return x - half_width, y - half_height, x + half_width, y + half_height
