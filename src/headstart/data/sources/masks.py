"""Pictures with masks: two folders beside each other, in a folder or a zip."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError
from headstart.data.file_names import IMAGES
from headstart.data.modalities.image.annotations import written
from headstart.data.reading.accounts import counted, files_as
from headstart.data.reading.file_tree import Tree, open_tree, peek
from headstart.data.reading.parts import split_above
from headstart.data.records import example_of

_PICTURES = frozenset(("images", "imgs", "image", "img", "jpegimages"))
_MASKS = frozenset(("masks", "mask", "labels", "label", "annotations", "segmentationclass", "gt", "groundtruth"))
_ENDING = re.compile(r"[_-](mask|masks|segmentation|seg|label|labels|gt|groundtruth)$", re.IGNORECASE)
_LOSSY = frozenset((".jpg", ".jpeg", ".jpe", ".jfif"))
_SHOWN = 3  # names that an error tells

Key = tuple[str, ...]


class Masks:
    """Pictures in `images` and masks of the same names in `masks`: {"mask": its file}, a number for every pixel.

    The two folders may lie in train, valid and test folders, or have those in them, and may have their other usual
    names (imgs, JPEGImages; labels, annotations, SegmentationClass, gt). Suffixes may differ, and a mask's name may end
    in _mask, _segmentation or the like. A picture without a mask has no label.
    """

    form: ClassVar = "rows"
    order: ClassVar = 1

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tree: Tree = open_tree(path)
        self._pictures, self._masks = _sorted_out(self._tree.names)

    @classmethod
    def accepts(cls, given: object) -> bool:
        pictures, masks = _sorted_out(peek(given) if isinstance(given, Path) else [])
        return bool(pictures.keys() & masks.keys())

    def account(self) -> Account:
        pictures, masks = ([name for names in one.values() for name in names] for one in (self._pictures, self._masks))
        used = (
            Used(what=counted(len(pictures), "picture"), role="input"),
            Used(what=counted(len(masks), "mask"), role="label"),
        )
        return Account(used=used, unused=files_as({*self._tree.names} - {*pictures, *masks}))

    def examples(self) -> Iterator[dict[str, Any]]:
        for key, names in sorted(self._pictures.items(), key=lambda item: item[1]):
            yield from (self._example(key, name) for name in names)
        for key in sorted(self._masks.keys() - self._pictures.keys()):
            name, fix = self._masks[key][0], "add the picture, remove the mask, or prepare with --skip-bad"
            yield {"input": DataError(315, "this mask has no picture", where=name, fix=fix), "origin": name}

    def _example(self, key: Key, name: str) -> dict[str, Any]:
        split, label = split_above(name), None
        try:
            if key in self._masks:
                label = {"mask": written(self._mask(name, self._masks[key], self._pictures[key]))}
        except DataError as error:  # reported when the row is read
            return example_of(error, name, split=split)
        return example_of(self._tree.blob(name), name, label, split)

    def _mask(self, picture: str, masks: Sequence[str], pictures: Sequence[str]) -> bytes:
        if len(masks) > 1 or len(pictures) > 1:
            found, fix = _some(masks if len(masks) > 1 else pictures), "keep one of each name"
            raise DataError(316, "masks and pictures do not match one to one", where=picture, found=found, fix=fix)
        if PurePosixPath(masks[0]).suffix.lower() in _LOSSY:
            fix = "save masks as PNG"
            raise DataError(317, "JPEG changes the numbers of a mask", where=picture, found=masks[0], fix=fix)
        return self._tree.blob(masks[0]).read()


def _sorted_out(names: Sequence[str]) -> tuple[Mapping[Key, list[str]], Mapping[Key, list[str]]]:
    """Pictures and masks by the folders that both have, and the stem."""
    pictures: dict[Key, list[str]] = {}
    masks: dict[Key, list[str]] = {}
    for name in names:
        path = PurePosixPath(name)
        folders = path.parts[:-1]
        kinds = [i for i, folder in enumerate(folders) if folder.lower() in _PICTURES | _MASKS]
        if kinds and path.suffix.lower() in IMAGES:
            last = kinds[-1]
            found = pictures if folders[last].lower() in _PICTURES else masks
            found.setdefault((*folders[:last], *folders[last + 1 :], path.stem), []).append(name)
    ended: dict[Key, list[str]] = {}
    for key, found in masks.items():
        ended.setdefault(key if key in pictures else (*key[:-1], _ENDING.sub("", key[-1])), []).extend(found)
    return pictures, ended


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
