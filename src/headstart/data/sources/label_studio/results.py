"""What the results of one Label Studio task say: boxes, classes or spans of a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headstart.data.modalities.image.outlines import Drawing, Shape, around, ellipse, turned
from headstart.data.reading.char_spans import spans_of, tagged
from headstart.data.reading.shape_values import incomplete, name_of, numbers_of, other_kind, points_of, side_lengths

Results = Sequence[Mapping[str, Any]]
_SHAPES = ("rectanglelabels", "polygonlabels", "ellipselabels", "keypointlabels", "labels")
_BARE = ("rectangle", "polygon", "ellipse", "keypoint")  # the place of a region whose name another result has
_PNG = 'export "Brush labels to PNG" and put each mask beside its picture, under its name'
_CSV = "save the project as CSV and prepare it with --target COLUMN"


def kinds_of(results: Results) -> set[str]:
    """What these results are: "boxes", "classes", "spans", or another type that is not read."""
    return {_kind(one) for one in results} - {""}


def _kind(one: Mapping[str, Any]) -> str:
    kind, value = str(one.get("type")), _value(one)
    if kind == "relation" or kind in _BARE:
        return ""
    if "start" in value and "end" in value:
        return "spans"
    return "boxes" if kind in _SHAPES else "classes" if kind == "choices" else kind


def check_kinds(kinds: set[str], where: str) -> None:
    """DataError for kinds of results that are not read, or not together."""
    odd = sorted(kinds - {"boxes", "classes", "spans"})
    if odd:
        raise other_kind(odd[0], where, _PNG if odd[0].startswith("brush") else _CSV)
    if len(kinds) > 1:
        fix = "name the question that is meant: --target NAME (from_name in the file)"
        raise other_kind(" and ".join(sorted(kinds)), where, fix)


def classes(results: Results) -> list[str]:
    """The choices of a task."""
    found = [_value(one).get("choices") for one in results if _kind(one) == "classes"]
    return [str(name).strip() for names in found if isinstance(names, list) for name in names]


def spanned(text: Any, results: Results, where: str) -> dict[str, Any]:
    """The words of a text with a tag each."""
    marked = [{name: _value(one).get(name) for name in ("start", "end", "labels")} for one in results]
    spans = spans_of([one for one in marked if one["start"] is not None])
    if spans is None:
        raise incomplete("a span without start, end and one label", where)
    return tagged(text, spans, where)


def drawing(results: Results, where: str) -> Drawing:
    """The shapes of a picture; their places are in per cent of its width and height."""
    shapes: list[Shape] = []
    size: tuple[int, int] | None = None
    named = {one.get("id") for one in results if one.get("type") in _SHAPES}
    for place, one in enumerate(results):
        here = f"{where} result[{place}]"
        if one.get("type") in _BARE and one.get("id") not in named:
            raise incomplete(f"a {one.get('type')} without a label", here)
        if one.get("type") in _SHAPES:
            size = side_lengths(one, "original_height", "original_width")
            if size is None:
                raise incomplete("no original_width and original_height", here)
            shapes += _shapes(_value(one), str(one["type"]), size, here)
    return Drawing(tuple(shapes), where, size)


def _value(one: Mapping[str, Any]) -> Mapping[str, Any]:
    value = one.get("value")
    return value if isinstance(value, Mapping) else {}


def _shapes(value: Mapping[str, Any], kind: str, size: tuple[int, int], where: str) -> list[Shape]:
    """One shape for every name that a region has."""
    height, width = size
    names = value.get(kind)
    if not isinstance(names, list) or not names:
        raise incomplete(f"no {kind}", where)
    edges, outline = None, True
    if "points" in value:
        points = points_of(value["points"], where, least=3)
        edges = around([(x * width / 100, y * height / 100) for x, y in points])
    elif value.get("radiusX") is not None:
        x, y, across, down, degrees = _sides(value, ("x", "y", "radiusX", "radiusY"), size, where)
        edges = ellipse(x, y, across, down, degrees)
    elif value.get("height") is not None:
        left, top, across, down, degrees = _sides(value, ("x", "y", "width", "height"), size, where)
        edges, outline = (left, top, left + across, top + down), degrees != 0
        edges = turned(edges, degrees, (left, top)) if degrees else edges
    else:
        numbers_of([value.get("x"), value.get("y")], where)
    return [Shape(name_of(name, where), edges, outline and edges is not None) for name in names]


def _sides(
    value: Mapping[str, Any], names: tuple[str, str, str, str], size: tuple[int, int], where: str
) -> tuple[float, float, float, float, float]:
    """Four numbers in pixels and the rotation in degrees."""
    height, width = size
    x, y, across, down = numbers_of([value.get(name) for name in names], where)
    degrees = numbers_of([value.get("rotation") or 0], where)[0]
    return x * width / 100, y * height / 100, across * width / 100, down * height / 100, degrees
