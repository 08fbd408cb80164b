"""Masks as they are given -> classes or objects, and what those of the train rows settle."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.modalities.image.annotations import mask_of

UNKNOWN = -100  # stands for pixels that count for nothing
VOID = 255  # pixels that nobody judged, in masks of classes (Everingham et al. 2010, "The PASCAL VOC Challenge")
BACKGROUND, OBJECT = "background", "object"
_LOOKED_AT = 40  # masks that are looked at to tell objects from classes
_MANY = 4  # more numbers than this in one picture, and not in every one as many, are rather objects than classes
_NEARLY_ALL = 0.9  # people who draw masks make mistakes


def check_mask(label: Any, where: str) -> None:
    """DataError if a label is no mask."""
    if not isinstance(label, Mapping) or "mask" not in label:
        found = ", ".join(label) if isinstance(label, Mapping) else repr(label)
        fix = "lay pictures into images/ and masks of the same names into masks/"
        raise DataError(430, "segmentation needs masks", where=where, found=found[:80], expected="a mask", fix=fix)


def settled(labels: Sequence[Any]) -> dict[str, Any]:
    """classes, values, counts, objects, smallest and ignore of `Segment`, from the labels of the train rows."""
    known = [label for label in labels if label is not None]
    looked = {int(place) for place in np.linspace(0, len(known) - 1, min(len(known), _LOOKED_AT))}
    counts: dict[int, int] = {}
    seen: list[_Numbers] = []
    least = 0
    for place, label in enumerate(known):
        check_mask(label, "")
        mask = mask_of(label, "a train row", Budget())
        values, times = np.unique(mask, return_counts=True)
        for value, count in zip(values.tolist(), times.tolist(), strict=True):
            counts[value] = counts.get(value, 0) + count
            least = min(least or count, count) if value > 0 else least
        if place in looked:
            seen.append(_Numbers(mask, [value for value in values.tolist() if value > 0]))
    if _are_objects(seen, max(counts, default=0)):
        inside = sum(count for value, count in counts.items() if value > 0)
        # what is smaller shares less than half of its union with any object like those of train
        return {"classes": [BACKGROUND, OBJECT], "values": [], "counts": [counts.get(0, 0), inside], "objects": True,
                "smallest": least // 2, "ignore": -1}  # fmt: skip
    ignore = VOID if VOID in counts and set(counts) - {0, VOID} else -1
    values = sorted(set(counts) - {ignore})
    names = [BACKGROUND if value == 0 else str(value) for value in values]
    if len(values) == 2 and values[0] == 0:
        names = [BACKGROUND, OBJECT]
    return {"classes": names, "values": values, "counts": [counts[value] for value in values],
            "objects": False, "smallest": 0, "ignore": ignore}  # fmt: skip


def classes_in(mask: np.ndarray, values: Sequence[int], ignore: int) -> np.ndarray:
    """Numbers of a mask -> places among `values`, int16; UNKNOWN where nobody judged, -1 where `values` lacks one.

    Without values every number above 0 is one class.
    """
    if not values:
        return (mask > 0).astype(np.int16)
    places = np.searchsorted(values, mask).clip(0, len(values) - 1)
    known = np.asarray(values)[places] == mask
    return np.where(mask == ignore, UNKNOWN, np.where(known, places, -1)).astype(np.int16)


class _Numbers:
    """What tells objects from classes in one mask: how many numbers, whether 1 to n, and how many are in one piece."""

    def __init__(self, mask: np.ndarray, values: Sequence[int]) -> None:
        self.count, self.counted = len(values), list(values) == list(range(1, len(values) + 1))
        self.whole = sum(_in_one_piece(mask, value) for value in values)


def _in_one_piece(mask: np.ndarray, value: int) -> bool:
    from scipy.ndimage import label

    return label(mask == value, np.ones((3, 3)))[1] == 1  # pyright: ignore[reportIndexIssue]


def _are_objects(seen: Sequence[_Numbers], highest: int) -> bool:
    """Does nearly every number mark one piece, and are there too many numbers for classes?"""
    filled = [one for one in seen if one.count]
    numbers = sum(one.count for one in filled)
    if not numbers or sum(one.whole for one in filled) < _NEARLY_ALL * numbers:
        return False
    counted = sum(one.counted for one in filled) >= _NEARLY_ALL * len(filled)
    most, least = (pick(one.count for one in filled) for pick in (max, min))
    return (counted and most > _MANY and most != least) or highest > VOID
