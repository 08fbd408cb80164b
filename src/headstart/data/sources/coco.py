"""Boxes as COCO writes them: one JSON file that lists pictures, categories and annotations."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from headstart.core.contracts.access import Access
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.modalities.image.outlines import Shape, around, labelled
from headstart.data.opening import json_text
from headstart.data.opening.compressed import text_of
from headstart.data.reading.listed import Listed, ListForm, is_listed, lists_in
from headstart.data.records import short

_LARGEST = 1 << 20  # pixels
_CROWD = "annotations of crowds were skipped"
_LISTS = ("images", "annotations", "categories")
_FIX = "correct the annotations or prepare with --skip-bad"


class Coco(Listed):
    """Pictures with boxes from a .json file of COCO (Lin et al., ECCV 2014), or from a folder or zip with such files.

    Pictures of a lone file are looked for beside it and in what else was given; those of a folder or zip by their name,
    nearest to the file first. There the name of the file (instances_train2017.json) or of its folder says the part.
    Annotations of crowds are skipped. A picture without annotations has no boxes.
    """

    def __init__(self, path: Path, access: Access) -> None:
        super().__init__(path, access, _FORM, _rows, _files(path, access))

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return is_listed(given, _FORM, access)


def _files(path: Path, access: Access) -> list[str]:
    """The COCO files in a folder or zip; of COCO's own, which also has captions and key points, those of instances."""
    found = lists_in(path, _FORM, access)
    return [name for name in found if PurePosixPath(name).name.startswith("instances")] or found


def _is_coco(head: bytes) -> bool:
    begins = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    return begins and re.search(rb'"(images|annotations|categories)"\s*:\s*\[', head) is not None


_FORM = ListForm("COCO", (".json",), _is_coco)


def _rows(data: bytes, where: str, budget: Budget) -> Iterator[dict[str, Any]]:
    """The name of every picture with its label, or the error to report when the row is read."""
    images, drawn, categories = _parsed(text_of(data, where), where, budget)
    _check_ids(images, "images", "file_name", where)
    _check_ids(categories, "categories", "name", where)
    images = _once(images)
    names = {str(one.get("id")): str(one["name"]) for one in categories if "name" in one}
    listed = {id for image in images for id in image["ids"]}
    mine: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for place, one in enumerate(drawn):
        owner = str(one.get("image_id"))
        if owner in listed:
            mine[owner].append(one)
        else:
            error = _odd(f"image_id {owner}, which no picture has", f"{where} annotations[{place}]")
            yield {"input": error, "origin": f"{where} annotations[{place}]"}
    for place, image in enumerate(images):
        origin = f"{where} images[{place}]"
        try:
            drawn_here = [one for id in dict.fromkeys(image["ids"]) for one in mine[id]]
            yield {**_labelled(image, drawn_here, names, origin), "origin": origin}
        except DataError as error:
            yield {"input": error, "origin": origin}


def _check_ids(entries: list[Mapping[str, Any]], what: str, name: str, where: str) -> None:
    """DataError if two entries of different names have one id: annotations could belong to either."""
    known: dict[str, str] = {}
    for one in entries:
        if known.setdefault(str(one.get("id")), str(one.get(name))) != str(one.get(name)):
            found = f"id {one.get('id')} of {known[str(one.get('id'))]} and {one.get(name)}"
            fix = "give every entry an id of its own; files that were merged need new numbers"
            raise DataError(389, f"two {what} have one id", where=where, found=short(found), fix=fix)


def _once(images: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Every picture once, with all ids under which it is listed."""
    found: dict[str, dict[str, Any]] = {}
    for place, image in enumerate(images):
        name = image.get("file_name")
        key = name if isinstance(name, str) else f"#{place}"
        entry = found.setdefault(key, {**image, "ids": []})
        entry["ids"].append(str(image.get("id")))
    return list(found.values())


def _parsed(text: str, where: str, budget: Budget) -> list[list[Mapping[str, Any]]]:
    try:
        whole = json_text.loads(text, where, budget)
    except (ValueError, RecursionError) as cause:
        raise _no_coco(str(cause), where) from cause
    found = [whole.get(name) if isinstance(whole, Mapping) else None for name in _LISTS]
    lists = [one for one in found if isinstance(one, list) and all(isinstance(item, Mapping) for item in one)]
    if len(lists) < len(_LISTS):
        absent = [name for name, one in zip(_LISTS, found, strict=True) if not any(one is each for each in lists)]
        raise _no_coco(f"no list of objects called {absent[0]}", where)
    return lists


def _no_coco(found: str, where: str) -> DataError:
    expected = "JSON with lists of objects: images, annotations, categories"
    return DataError(297, "this is not a COCO file", where=where, found=found[:100], expected=expected)


def _labelled(
    image: Mapping[str, Any], mine: list[Mapping[str, Any]], names: Mapping[str, str], where: str
) -> dict[str, Any]:
    sides = [image.get("height"), image.get("width")]
    height, width = (int(side) if isinstance(side, int | float) and side == side // 1 else 0 for side in sides)
    if not isinstance(image.get("file_name"), str) or min(height, width) < 1:
        raise _odd(f"file_name {image.get('file_name')!r}, height {sides[0]!r}, width {sides[1]!r}", where)
    single = [one for one in mine if not one.get("iscrowd")]
    made = labelled([_object(one, names, where) for one in single], where, (height, width))
    if len(single) < len(mine):
        made["repaired"] = {**made.get("repaired", {}), _CROWD: len(mine) - len(single)}
    return {"input": image["file_name"], **made}


def _object(one: Mapping[str, Any], names: Mapping[str, str], where: str) -> Shape:
    box, kind = one.get("bbox") or _around(one.get("segmentation")), str(one.get("category_id"))
    if kind not in names:
        raise _odd(f"category_id {kind[:40]}, which no category has", where)
    if not isinstance(box, list) or len(box) != 4 or not all(_is_number(side) for side in box):
        raise _odd(f"bbox {str(box)[:40]}", where)
    left, top, across, down = (float(side) for side in box)
    return Shape(names[kind], (left, top, left + across, top + down), outline=not one.get("bbox"))


def _around(outline: Any) -> list[float] | None:
    """The bbox around polygons; None for what is none."""
    if not isinstance(outline, list) or not all(isinstance(one, list) and len(one) >= 6 for one in outline):
        return None
    if not outline or not all(len(one) % 2 == 0 and all(map(_is_number, one)) for one in outline):
        return None
    left, top, right, bottom = around([pair for one in outline for pair in zip(one[::2], one[1::2], strict=True)])
    return [left, top, right - left, bottom - top]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < _LARGEST  # not so for NaN and infinity


def _odd(found: str, where: str) -> DataError:
    expected = "a picture with file_name, height and width, and annotations with bbox and category_id"
    return DataError(298, "the annotations are incomplete", where=where, found=found, expected=expected, fix=_FIX)
