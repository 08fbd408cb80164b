"""Boxes as COCO writes them: one JSON file that lists pictures, categories and annotations."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError
from headstart.data.compressed import open_text
from headstart.data.modalities.image.annotations import Edges, boxed
from headstart.data.reading.accounts import counted, files_as, some
from headstart.data.reading.file_tree import Tree, is_tree, open_tree, peek
from headstart.data.reading.folder_layout import split_of
from headstart.data.reading.name_index import NameIndex
from headstart.data.records import short

_HEAD = 1 << 16  # characters in which such a file names one of its lists
_LARGEST = 1 << 20  # pixels
_CROWD = "annotations of crowds were skipped"
_LISTS = ("images", "annotations", "categories")
_MOST = 32  # JSON files that are looked into: COCO has a few, other formats one a picture
_FIX = "correct the annotations or prepare with --skip-bad"


class Coco:
    """Pictures with boxes from a .json file of COCO (Lin et al., ECCV 2014), or from a folder or zip with such files.

    Pictures of a lone file are looked for beside it and in what else was given; those of a folder or zip by their name,
    nearest to the file first. There the name of the file (instances_train2017.json) or of its folder says the part.
    Annotations of crowds are skipped. A picture without annotations has no boxes.
    """

    form: ClassVar = "table"
    roles: ClassVar = None
    order: ClassVar = 0

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tree = open_tree(path) if is_tree(path) else None

    @classmethod
    def accepts(cls, given: object) -> bool:
        if isinstance(given, Path) and given.is_file() and given.suffix.lower() == ".json":
            with given.open("rb") as file:
                return _is_coco(file.read(_HEAD))
        return isinstance(given, Path) and is_tree(given) and bool(_files(given))

    def account(self) -> Account:
        if self._tree is None:
            return Account(used=(Used(what=f"COCO file {self.path.name}", role="label"),))
        files = _files(self.path)
        finder, read = _Finder(self._tree), set(files)
        for name in files:
            rows = _rows(self._tree.blob(name).read().decode("utf-8-sig", "replace"), name)
            read |= {str(finder.filled(row, name)["origin"]) for row in rows}
        used = (Used(what=counted(len(read) - len(files), "picture"), role="input"),)
        used += (Used(what=f"COCO file {some(files)}", role="label"),)
        return Account(used=used, unused=files_as(set(self._tree.names) - read))

    def examples(self) -> Iterator[dict[str, Any]]:
        if self._tree is None:
            with open_text(self.path) as file:
                yield from _rows(file.read(), self.path.name)
            return
        finder = _Finder(self._tree)
        for name in _files(self.path):
            text = self._tree.blob(name).read().decode("utf-8-sig", "replace")
            path = PurePosixPath(name)  # its words may say the split, then the folders above, the nearest first
            words = [*re.findall("[a-z]+", path.name.lower()), *reversed(path.parts[:-1])]
            split = next((found for word in words if (found := split_of(word)) is not None), None)
            for row in _rows(text, name):
                made = finder.filled(row, name)
                yield made if split is None else {**made, "split": split}


def _files(path: Path) -> list[str]:
    """The COCO files in a folder or zip; of COCO's own, which also has captions and key points, those of instances."""
    names = [name for name in peek(path) if name.lower().endswith(".json")]
    if not names or len(names) > _MOST:
        return []
    tree = open_tree(path)
    found = [name for name in names if _is_coco(tree.blob(name).read(_HEAD))]
    return [name for name in found if PurePosixPath(name).name.startswith("instances")] or found


def _is_coco(head: bytes) -> bool:
    begins = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    return begins and re.search(rb'"(images|annotations|categories)"\s*:\s*\[', head) is not None


class _Finder:
    """Pictures of a tree by the name that a JSON file has for them."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._index = NameIndex(tree.names)

    def filled(self, row: dict[str, Any], file: str) -> dict[str, Any]:
        """A row with its picture in place of the name, or why it has none."""
        if not isinstance(row["input"], str):
            return row
        try:
            name = self._place(row["input"], file)
        except DataError as error:
            return {**row, "input": error, "origin": f"{file}: {row['input']}"}
        return {**row, "input": self._tree.blob(name), "origin": name}

    def _place(self, wanted: str, file: str) -> str:
        """The path that ends as wanted; of several, the one nearest to the file."""
        ends = self._index.ending(wanted)
        near = sorted(ends, key=lambda name: _nearness(name, file), reverse=True)
        fix = _FIX if near else "put the picture beside the file, or prepare with --skip-bad"
        if not near:
            raise DataError(202, "no such file", where=short(wanted) or "a picture without a name", fix=fix)
        if len(near) > 1 and _nearness(near[0], file) == _nearness(near[1], file):
            found = f"{near[0]} and {near[1]}"
            raise DataError(299, "two pictures have the same name", where=short(wanted), found=found, fix=fix)
        return near[0]


def _nearness(name: str, file: str) -> tuple[int, bool]:
    """How many folders a picture shares with the file, and whether the file is called like one of its folders."""
    folders, theirs = PurePosixPath(file).parent.parts, PurePosixPath(name).parent.parts
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(folders, theirs, strict=False)))
    return shared, any(folder in PurePosixPath(file).stem for folder in theirs)


def _rows(text: str, where: str) -> Iterator[dict[str, Any]]:
    """The name of every picture with its label, or the error to report when the row is read."""
    images, drawn, categories = _parsed(text, where)
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
            yield {
                **_labelled(image, [one for id in dict.fromkeys(image["ids"]) for one in mine[id]], names, origin),
                "origin": origin,
            }
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


def _parsed(text: str, where: str) -> list[list[Mapping[str, Any]]]:
    try:
        whole = json.loads(text)
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
    label, repaired = boxed((height, width), (_object(one, names, where) for one in single), where)
    repaired |= {_CROWD: len(mine) - len(single)} if len(single) < len(mine) else {}
    return {"input": image["file_name"], "label": label, **({"repaired": repaired} if repaired else {})}


def _object(one: Mapping[str, Any], names: Mapping[str, str], where: str) -> tuple[str, Edges]:
    box, kind = one.get("bbox") or _around(one.get("segmentation")), str(one.get("category_id"))
    if kind not in names:
        raise _odd(f"category_id {kind[:40]}, which no category has", where)
    if not isinstance(box, list) or len(box) != 4 or not all(_is_number(side) for side in box):
        raise _odd(f"bbox {str(box)[:40]}", where)
    left, top, across, down = (float(side) for side in box)
    return names[kind], (left, top, left + across, top + down)


def _around(outline: Any) -> list[float] | None:
    """The bbox around polygons; None for what is none."""
    if not isinstance(outline, list) or not all(isinstance(one, list) and len(one) >= 6 for one in outline):
        return None
    xs, ys = ([side for one in outline for side in one[begin::2]] for begin in (0, 1))
    if not xs or not all(map(_is_number, [*xs, *ys])):
        return None
    return [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < _LARGEST  # not so for NaN and infinity


def _odd(found: str, where: str) -> DataError:
    expected = "a picture with file_name, height and width, and annotations with bbox and category_id"
    return DataError(298, "the annotations are incomplete", where=where, found=found, expected=expected, fix=_FIX)
