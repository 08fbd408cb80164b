"""Shapes and tags as CVAT writes them in "CVAT for images": one XML file that lists pictures."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from headstart.core.contracts.access import Access
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.modalities.image.outlines import Drawing, Shape, around, ellipse, turned
from headstart.data.opening.xml import xml_of
from headstart.data.reading.listed import Listed, ListForm, is_listed, lists_in
from headstart.data.reading.parts import split_of
from headstart.data.reading.shape_values import (
    AGAIN,
    incomplete,
    name_of,
    not_read,
    numbers_of,
    other_kind,
    points_of,
    side_lengths,
)

_ROOT = re.compile(rb"<annotations[\s>]")
_LARGEST = 1 << 30  # bytes
_BARE = ("points", "polyline", "skeleton")  # what has no area, or no label of its own
_VIDEO = 'export the task again as "CVAT for images 1.1", or as COCO'


class Cvat(Listed):
    """Pictures with boxes from an .xml file of CVAT ("CVAT for images"), or from a folder or zip with such files.

    A box is a box; of a polygon, ellipse, mask, cuboid or turned box the box around it is taken. Points and lines are
    left out, and counted. Where the file has tags and no shapes, they are the classes of the pictures. A picture
    without shapes has no boxes. The subset of a picture is its part. Tracks of videos are refused.
    """

    def __init__(self, path: Path, access: Access) -> None:
        super().__init__(path, access, _FORM, _rows, lists_in(path, _FORM, access))

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return is_listed(given, _FORM, access)


_FORM = ListForm("CVAT", (".xml",), lambda head: _ROOT.search(head) is not None)


def _rows(data: bytes, where: str, budget: Budget) -> Iterator[dict[str, Any]]:
    root = xml_of(data, where, budget, most=_LARGEST, fix=AGAIN)
    images = root.findall("image")
    if root.find("track") is not None:
        raise other_kind("tracks of a video", where, _VIDEO)
    if not images:
        raise not_read("no picture", where, "XML of CVAT for images")
    are_classes = any(one.find("tag") is not None for one in images)
    if are_classes and any(child.tag != "tag" for one in images for child in one):
        fix = "export shapes and tags as two files, and give one of them"
        raise other_kind("shapes and tags", where, fix)
    for place, image in enumerate(images):
        origin = f"{where} image[{place}]"
        split = split_of(image.get("subset", ""))
        try:
            name = name_of(image.get("name"), origin)
            made = {"input": name, "origin": origin, **(_classes(image) if are_classes else _drawn(image, origin))}
            yield made if split is None else {**made, "split": split}
        except DataError as error:
            yield {"input": error, "origin": origin}


def _classes(image: Element) -> dict[str, Any]:
    """The tag of a picture, or several; a picture without one has no label."""
    tags = [tag.get("label", "").strip() for tag in image.findall("tag")]
    named = [tag for tag in tags if tag]
    return {} if not named else {"label": named[0] if len(named) == 1 else named}


def _drawn(image: Element, where: str) -> dict[str, Any]:
    shapes = tuple(_shape(one, where) for one in image)
    return {"of_picture": Drawing(shapes, where, side_lengths(image.attrib, "height", "width"))}


def _shape(one: Element, where: str) -> Shape:
    name = name_of(one.get("label"), where)
    degrees = numbers_of([one.get("rotation") or "0"], where)[0]
    if one.tag == "box":
        edges = _numbers(one, ("xtl", "ytl", "xbr", "ybr"), where)
        return Shape(name, turned(edges, degrees) if degrees else edges, outline=degrees != 0)
    if one.tag == "polygon":
        points = [pair.split(",") for pair in one.get("points", "").split(";")]
        return Shape(name, around(points_of(points, where, least=3)), outline=True)
    if one.tag == "ellipse":
        x, y, across, down = _numbers(one, ("cx", "cy", "rx", "ry"), where)
        return Shape(name, ellipse(x, y, across, down, degrees), outline=True)
    if one.tag == "mask":
        left, top, width, height = _numbers(one, ("left", "top", "width", "height"), where)
        return Shape(name, (left, top, left + width, top + height), outline=True)
    if one.tag == "cuboid":
        corners = [key[1:] for key in one.attrib if re.fullmatch(r"x[tb][lr][12]", key)]
        points = [(one.get(f"x{corner}"), one.get(f"y{corner}")) for corner in corners]
        return Shape(name, around(points_of(points, where, least=8)), outline=True)
    if one.tag in _BARE:
        return Shape(name, None)
    raise incomplete(f"<{one.tag}>", where)


def _numbers(one: Element, names: tuple[str, str, str, str], where: str) -> tuple[float, float, float, float]:
    first, second, third, fourth = numbers_of([one.get(name) for name in names], where)
    return first, second, third, fourth
