"""Pictures with masks: two folders beside each other, in a folder or a zip."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError
from headstart.data.file_names import IMAGES
from headstart.data.modalities.image.annotations import packed, written
from headstart.data.modalities.image.mask_numbers import Reading, survey
from headstart.data.modalities.image.pixels import HEAD
from headstart.data.reading.accounts import counted, files_as
from headstart.data.reading.file_tree import Tree, open_tree, peek
from headstart.data.reading.parts import split_above
from headstart.data.records import example_of

_PICTURES = frozenset(("images", "imgs", "image", "img", "jpegimages", "leftimg8bit", "pictures", "photos"))
_MASKS = frozenset((
    "masks", "mask", "labels", "label", "annotations", "annotation", "segmentationclass", "gt", "groundtruth", "gtfine",
    "gtcoarse", "trimaps", "segmentations", "segmentation", "labelids", "ground_truth",
))  # fmt: skip
_MASK_FOLDER = re.compile(r"[_-](masks?|labels?|annotations?|segmentations?|gt|ground_?truth)$", re.IGNORECASE)
_PICTURE_FOLDER = re.compile(r"[_-](images?|imgs?)$", re.IGNORECASE)
_ENDING = re.compile(
    r"[_-](mask|masks|segmentation|seg|label|labels|gt|groundtruth|gt(fine|coarse)_labelids)$", re.IGNORECASE
)
_MASK_STEM = re.compile(r"[_-](mask|masks|segmentation|seg|gt|groundtruth)$", re.IGNORECASE)
_PICTURE_ENDING = re.compile(r"_leftImg8bit$", re.IGNORECASE)
_SIDE = re.compile(r"_gt(fine|coarse)_(color|instanceids|labeltrainids)$", re.IGNORECASE)  # the same drawn otherwise
_LOSSY = frozenset((".jpg", ".jpeg", ".jpe", ".jfif"))
_SHOWN = 3  # names that an error tells

Key = tuple[str, ...]


class Masks:
    """Pictures in `images` and masks of the same names in `masks`: {"mask": its file}, a number for every pixel.

    The two folders may lie in train, valid and test folders, or have those in them, and may have their other usual
    names (imgs, JPEGImages, leftImg8bit; labels, annotations/trimaps, SegmentationClass, gtFine; train, train_masks).
    Suffixes may differ, and a mask's name may end in _mask, _segmentation or the like: then it may lie beside its
    picture. A picture without a mask has no label.

    Over all masks it is decided what their numbers mean: of palettes that differ the colours are the classes, 255 in
    some masks and 1 in others is one object, black and white with soft edges is cut at half. A mask is turned as the
    EXIF of its picture says.
    """

    form: ClassVar = "rows"
    order: ClassVar = 1

    def __init__(self, path: Path, access: Access) -> None:
        self.path = path
        self._budget = access.budget
        self._tree: Tree = open_tree(path, access)
        self._pictures, self._masks = _sorted_out(self._tree.names)

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        pictures, masks = _sorted_out(peek(given, access) if isinstance(given, Path) else [])
        return bool(pictures.keys() & masks.keys())

    def account(self) -> Account:
        pictures, masks = ([name for names in one.values() for name in names] for one in (self._pictures, self._masks))
        used = (
            Used(what=counted(len(pictures), "picture"), role="input"),
            Used(what=counted(len(masks), "mask"), role="label"),
        )
        return Account(used=used, unused=files_as({*self._tree.names} - {*pictures, *masks}), notes=self._reading.notes)

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
                label = {"mask": self._mask(name, self._masks[key], self._pictures[key])}
        except DataError as error:  # reported when the row is read
            return example_of(error, name, split=split)
        return example_of(self._tree.blob(name), name, label, split)

    def _mask(self, picture: str, masks: Sequence[str], pictures: Sequence[str]) -> str:
        if len(masks) > 1 or len(pictures) > 1:
            found, fix = _some(masks if len(masks) > 1 else pictures), "keep one of each name"
            raise DataError(316, "masks and pictures do not match one to one", where=picture, found=found, fix=fix)
        if PurePosixPath(masks[0]).suffix.lower() in _LOSSY:
            fix = "save masks as PNG"
            raise DataError(317, "JPEG changes the numbers of a mask", where=picture, found=masks[0], fix=fix)
        data = self._tree.blob(masks[0]).read()
        numbers = self._reading.of(data, self._tree.blob(picture).read(HEAD), self._budget)
        return written(data) if numbers is None else packed(numbers)

    @cached_property
    def _reading(self) -> Reading:
        lone = (found[0] for found in self._masks.values() if len(found) == 1)
        sound = (name for name in lone if PurePosixPath(name).suffix.lower() not in _LOSSY)
        return survey((self._tree.blob(name).read() for name in sound), self._budget)


def _sorted_out(names: Sequence[str]) -> tuple[Mapping[Key, list[str]], Mapping[Key, list[str]]]:
    """Pictures and masks by the folders that both have, and the stem."""
    pictures: dict[Key, list[str]] = {}
    masks: dict[Key, list[str]] = {}
    others: dict[Key, list[str]] = {}
    for name in names:
        path = PurePosixPath(name)
        if path.suffix.lower() not in IMAGES:
            continue
        role, folders = _role(path.parts[:-1])
        if role == "mask" and _SIDE.search(path.stem):
            continue
        stem = _PICTURE_ENDING.sub("", path.stem)
        found, stem = (masks, path.stem) if role == "mask" else (pictures if role else others, stem)
        found.setdefault((*folders, stem), []).append(name)
    ended: dict[Key, list[str]] = {}
    for key, found in masks.items():
        bare = (*key[:-1], _ENDING.sub("", key[-1]))
        ended.setdefault(key if key in pictures or (key in others and bare not in pictures) else bare, []).extend(found)
    if ended:  # "train" beside "train_masks"
        folders = {key[:-1] for key in others if key in ended}
        pictures |= {key: found for key, found in others.items() if key[:-1] in folders and key not in pictures}
    else:
        pictures, ended = _beside(others)
    return pictures, ended


def _role(folders: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """What the last folder with such a name says is in it, and the folders without what says so."""
    role, kept = "", []
    for folder in folders:
        plain = folder.lower()
        if plain in _PICTURES | _MASKS:
            role = "picture" if plain in _PICTURES else "mask"
        elif (ending := _MASK_FOLDER.search(folder)) is not None:
            role, kept = "mask", [*kept, folder[: ending.start()].lower()]
        elif (ending := _PICTURE_FOLDER.search(folder)) is not None:
            role, kept = "picture", [*kept, folder[: ending.start()].lower()]
        else:
            kept.append(plain)
    return role, tuple(kept)


def _beside(files: Mapping[Key, list[str]]) -> tuple[dict[Key, list[str]], dict[Key, list[str]]]:
    """Pictures with masks in the same folder, x.png and x_mask.png; nothing where fewer than half have one."""
    masks = {key: found for key, found in files.items() if _MASK_STEM.search(key[-1])}
    masks = {(*key[:-1], _MASK_STEM.sub("", key[-1])): found for key, found in masks.items()}
    masks = {key: found for key, found in masks.items() if key in files}
    taken = {name for found in masks.values() for name in found}
    pictures = {key: found for key, found in files.items() if not taken & set(found)}
    return (pictures, masks) if masks and 2 * len(masks) >= len(pictures) else ({}, {})


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
