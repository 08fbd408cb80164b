"""Boxes as Pascal VOC writes them: a picture, and beside it an XML file that names what is in it and where."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError
from headstart.data.modalities.image.annotations import Edges, boxed
from headstart.data.modalities.image.sizing import glance
from headstart.data.reading.accounts import counted, files_as, some
from headstart.data.reading.file_tree import is_tree, open_tree, peek
from headstart.data.reading.pairing import lists_of, paired
from headstart.data.records import Blob, example_of

_HEAD = 1 << 12  # bytes in which an annotation says that it is one
_SETS = "imagesets/main"
_MOST_XML = 1 << 24  # bytes: an annotation of one picture has a few thousand
_DEEPEST = 50
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

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tree = open_tree(path)
        self._pairs = _pairs(self._tree.names)
        self._lists = lists_of(self._tree, list(self._pairs), below=_SETS)

    @classmethod
    def accepts(cls, given: object) -> bool:
        if not isinstance(given, Path) or not is_tree(given):
            return False
        names = peek(given)
        if not any(name.lower().endswith(".xml") for name in names):
            return False
        first = next((xml for xml in _pairs(names).values() if xml is not None), None)
        return first is not None and b"<annotation" in open_tree(given).blob(first).read(_HEAD)

    def account(self) -> Account:
        known = {name for pair in self._pairs.items() for name in pair}
        drawn = [xml for xml in self._pairs.values() if xml is not None]
        used = [Used(what=counted(len(self._pairs), "picture"), role="input")]
        used += [Used(what=counted(len(drawn), "annotation") + " of Pascal VOC", role="label")]
        used += [Used(what=some(self._lists.files), role="split")] if self._lists.files else []
        left = set(self._tree.names) - known - set(self._lists.files)
        return Account(used=tuple(used), unused=files_as(left), notes=self._lists.notes)

    def examples(self) -> Iterator[dict[str, Any]]:
        splits = self._lists.splits
        for picture, xml in self._pairs.items():
            blob = self._tree.blob(picture)
            made = example_of(blob, picture, split=splits.get(picture))
            if xml is not None:
                try:
                    made |= _labelled(_xml_of(self._tree.blob(xml).read(_MOST_XML + 1), xml), blob, xml)
                except DataError as error:
                    made["input"] = error
            yield made


def _pairs(names: Sequence[str]) -> dict[str, str | None]:
    return paired(names, lambda path: path.suffix.lower() == ".xml")


def _labelled(root: Element, picture: Blob, where: str) -> dict[str, Any]:
    seen = None if _size(root) else glance(picture)
    size = _size(root) or ((seen.height, seen.width) if seen is not None else (0, 0))
    label, repaired = boxed(size, [_object(one, where) for one in root.findall("object")], where)
    return {"label": label, **({"repaired": repaired} if repaired else {})}


def _size(root: Element) -> tuple[int, int] | None:
    """Height and width as the annotation states them; None if it does not, or says 0 as some programs do."""
    sides = [root.findtext(f"size/{side}", "").strip() for side in ("height", "width")]
    if not all(side.isdecimal() and len(side) < _DIGITS and int(side) > 0 for side in sides):
        return None
    return int(sides[0]), int(sides[1])


def _object(element: Element, where: str) -> tuple[str, Edges]:
    """Name and edges of an object; what is not even two pixels wide or high has no area."""
    name = element.findtext("name", "").strip()
    try:
        left, top, right, bottom = (float(element.findtext(f"bndbox/{edge}", "")) for edge in _EDGES)
    except ValueError as cause:
        raise _odd(f"{name or 'an object'}, {cause}", where) from cause
    if not name or not all(map(math.isfinite, (left, top, right, bottom))):
        raise _odd(f"name '{name}', edges {left:g} {top:g} {right:g} {bottom:g}", where)
    if right <= left or bottom <= top:
        return name, (left, top, left, top)
    return name, (left - 1, top - 1, right, bottom)


def _odd(found: str, where: str) -> DataError:
    expected = "a name and a bndbox of xmin, ymin, xmax, ymax"
    return DataError(296, "an object has no valid name or box", where=where, found=found, expected=expected, fix=_FIX)


def _xml_of(data: bytes, where: str) -> Element:
    """The root of an XML file; DataError if it is broken, too large or too deep, or declares a document type.

    Without a document type there are no entities, and so nothing that grows when it is read (the billion laughs).
    """
    if len(data) > _MOST_XML:
        raise _no_xml(f"more than {_MOST_XML >> 20} MiB", where)
    builder, parser, depth = TreeBuilder(), expat.ParserCreate(), 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise _no_xml(f"elements nested more than {_DEEPEST} deep", where)
        builder.start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name)

    def refuse(*_: Any) -> None:
        raise _no_xml("a document type, which may declare entities", where)

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as cause:  # the latter two: an encoding that nobody knows
        raise _no_xml(str(cause), where) from cause
    return builder.close()


def _no_xml(found: str, where: str) -> DataError:
    return DataError(295, "the annotation cannot be read as XML", where=where, found=found, fix=_FIX)
