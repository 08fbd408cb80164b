"""Boxes as CreateML writes them: one JSON file that lists pictures with the middle and size of every box."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from headstart.core.contracts.access import Access
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.modalities.image.outlines import Drawing, Shape
from headstart.data.reading.listed import Listed, ListForm, is_listed, lists_in
from headstart.data.reading.shape_values import incomplete, json_of, name_of, not_read, numbers_of

_IMAGE, _BOXES = ("image", "imagefilename"), ("annotations", "annotation")
_SIDES = ("x", "y", "width", "height")
_BEGIN = re.compile(rb'[\xef\xbb\xbf\s]*\[\s*\{\s*"(image|imagefilename|annotations?)"\s*:')
_BOX = re.compile(rb'"coordinates"\s*:\s*\{')


class Createml(Listed):
    """Pictures with boxes from a .json file of CreateML, or from a folder or zip with such files.

    x and y are the middle of a box in pixels, counted from the left and top. A picture without annotations has no
    boxes. The name of the file or of its folder says the part (train/_annotations.createml.json).
    """

    def __init__(self, path: Path, access: Access) -> None:
        super().__init__(path, access, _FORM, _rows, lists_in(path, _FORM, access))

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return is_listed(given, _FORM, access)


def _is_createml(head: bytes) -> bool:
    return _BEGIN.match(head) is not None and _BOX.search(head) is not None


_FORM = ListForm("CreateML", (".json",), _is_createml)


def _rows(data: bytes, where: str, budget: Budget) -> Iterator[dict[str, Any]]:
    whole = json_of(data, where, "JSON of CreateML", budget)
    if not isinstance(whole, list) or not all(isinstance(one, Mapping) for one in whole):
        raise not_read("no list of objects", where, "JSON of CreateML")
    for place, one in enumerate(whole):
        origin = f"{where}[{place}]"
        try:
            name = _of(one, _IMAGE, origin)
            boxes = _of(one, _BOXES, origin)
            if not isinstance(name, str) or not isinstance(boxes, list):
                raise incomplete(f"image {name!r}, annotations {boxes!r}", origin)
            shapes = tuple(_shape(box, f"{origin} annotations[{number}]") for number, box in enumerate(boxes))
            yield {"input": name, "origin": origin, "of_picture": Drawing(shapes, origin)}
        except DataError as error:
            yield {"input": error, "origin": origin}


def _of(one: Mapping[str, Any], names: tuple[str, ...], where: str) -> Any:
    found = next((one[name] for name in names if name in one), None)
    if found is None:
        raise incomplete(f"no {names[0]}", where)
    return found


def _shape(box: Any, where: str) -> Shape:
    place = box.get("coordinates") if isinstance(box, Mapping) else None
    if not isinstance(place, Mapping):
        raise incomplete("no coordinates", where)
    x, y, width, height = numbers_of((place.get(side) for side in _SIDES), where)
    return Shape(name_of(box.get("label"), where), (x - width / 2, y - height / 2, x + width / 2, y + height / 2))
