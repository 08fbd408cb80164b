"""Boxes as Pascal VOC writes them: a picture, and beside it an XML file that names what is in it and where."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from xml.etree.ElementTree import Element

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.modalities.image.outlines import Shape, labelled, size_of
from headstart.data.opening.xml import MOST, xml_of
from headstart.data.reading.file_tree import open_tree
from headstart.data.reading.paired import Paired, looked_into
from headstart.data.records import Blob

_HEAD = 1 << 12  # bytes in which an annotation says that it is one
_SETS = "imagesets/main"
_DIGITS = 8  # of the length of a side
_EDGES = ("xmin", "ymin", "xmax", "ymax")
_FIX = "correct the annotation or prepare with --skip-bad"


class Voc:
    """Pictures with boxes, as Pascal VOC lays them out: a folder or zip of Annotations/*.xml and JPEGImages/.

    The folders may have other names (annotations, xmls; images), and the XML may lie beside its picture. Parts come
    from ImageSets/Main/train.txt, val.txt, trainval.txt and test.txt, or from folders train, valid, test. Pixels count
    from 1, and the last belongs to the box (Everingham et al., IJCV 2010), so edges are xmin - 1, ymin - 1, xmax, ymax.
    A picture without objects has no boxes, one without an XML file no label. Objects marked as difficult are objects
    like any.
    """

    form: ClassVar = "rows"
    order: ClassVar = 0

    def __init__(self, path: Path, access: Access) -> None:
        self.path = path
        self._pairs = Paired(open_tree(path, access), access, ".xml", most=MOST, lists_below=_SETS)

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return any(b"<annotation" in head for head in looked_into(given, ".xml", _HEAD, access)[:1])

    def account(self) -> Account:
        return self._pairs.account("annotation", "Pascal VOC")

    def examples(self) -> Iterator[dict[str, Any]]:
        yield from self._pairs.examples(_labelled)


def _labelled(data: bytes, where: str, picture: Blob, budget: Budget) -> dict[str, Any]:
    root = xml_of(data, where, budget)
    return labelled([_object(one, where) for one in root.findall("object")], where, _size(root) or size_of(picture))


def _size(root: Element) -> tuple[int, int] | None:
    """Height and width as the annotation states them; None if it does not, or says 0 as some programs do."""
    sides = [root.findtext(f"size/{side}", "").strip() for side in ("height", "width")]
    if not all(side.isdecimal() and len(side) < _DIGITS and int(side) > 0 for side in sides):
        return None
    return int(sides[0]), int(sides[1])


def _object(element: Element, where: str) -> Shape:
    """Name and edges of an object; what is not even two pixels wide or high has no area."""
    name = element.findtext("name", "").strip()
    try:
        left, top, right, bottom = (float(element.findtext(f"bndbox/{edge}", "")) for edge in _EDGES)
    except ValueError as cause:
        raise _odd(f"{name or 'an object'}, {cause}", where) from cause
    if not name or not all(map(math.isfinite, (left, top, right, bottom))):
        raise _odd(f"name '{name}', edges {left:g} {top:g} {right:g} {bottom:g}", where)
    if right <= left or bottom <= top:
        return Shape(name, (left, top, left, top))
    return Shape(name, (left - 1, top - 1, right, bottom))


def _odd(found: str, where: str) -> DataError:
    expected = "a name and a bndbox of xmin, ymin, xmax, ymax"
    return DataError(296, "an object has no valid name or box", where=where, found=found, expected=expected, fix=_FIX)
