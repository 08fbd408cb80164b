"""What the numbers of masks mean, decided over all of them: themselves, colours of palettes, or black and white."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.opening.pictures import BROKEN, header, opened, orientation

WHITE = 255
_PLAIN = ("1", "L", "P")  # modes of at most 8 bits
_HALF = 128
_MANY = 4  # different numbers above 0 that black and white masks with soft edges have at least
_DARK, _WHITISH = 16, 240  # what lies between them is neither
_SOFT = 3  # times as many pixels of soft edges as white ones, at most; numbers of objects have 14 times as many

_TURNS: Mapping[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda mask: mask[:, ::-1], 3: lambda mask: mask[::-1, ::-1], 4: lambda mask: mask[::-1],
    5: lambda mask: mask.T, 6: lambda mask: np.rot90(mask, -1), 7: lambda mask: mask[::-1, ::-1].T,
    8: lambda mask: np.rot90(mask, 1),
}  # fmt: skip

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """How every mask of a set is read: `change` makes new numbers of the picture of a mask, None keeps its file."""

    change: Callable[[Image.Image], np.ndarray] | None = None
    notes: tuple[str, ...] = ()

    def of(self, data: bytes, picture: bytes, budget: Budget) -> np.ndarray | None:
        """The numbers of a mask's file [h, w], turned as the picture of this file is by its EXIF; None where the file
        says them itself, or is broken."""
        image = _opened(data, budget)
        if image is None:
            return None
        changed = self.change is not None and image.mode in _PLAIN
        numbers = self.change(image) if self.change is not None and changed else np.asarray(image)
        turned = _turned(numbers, picture)
        return turned if turned is not None else numbers if changed else None


def _turned(mask: np.ndarray, picture: bytes) -> np.ndarray | None:
    """A mask [h, w] that was drawn on a picture as it is stored, upright; None where it needs no turning. Of a picture
    that lies on its side the shape tells."""
    try:
        with header(picture, "") as image:
            turn, raw = _TURNS.get(orientation(image)), (image.height, image.width)
    except (*BROKEN, Image.DecompressionBombError):
        return None
    return None if turn is None or mask.shape != raw else np.ascontiguousarray(turn(mask))


@dataclass(slots=True)
class _Seen:
    """What all masks hold together."""

    counts: dict[int, int] = field(default_factory=dict)
    alone: bool = True  # does 255 never stand with another number above 0 in one mask?
    indices: dict[Colour, set[int]] = field(default_factory=dict)
    colours: dict[int, set[Colour]] = field(default_factory=dict)


def survey(files: Iterable[bytes], budget: Budget) -> Reading:
    """How the masks are read, by all of them; masks of more than 8 bits, and of colours, are read as they are."""
    seen = _Seen()
    for data in files:
        image = _opened(data, budget)
        if image is None:
            continue
        if image.mode not in _PLAIN:
            return Reading()
        values, counts = np.unique(np.asarray(image).astype(np.uint8), return_counts=True)
        for value, count in zip(values.tolist(), counts.tolist(), strict=True):
            seen.counts[value] = seen.counts.get(value, 0) + count
        seen.alone &= not (WHITE in values and bool(set(values.tolist()) - {0, WHITE}))
        if image.mode == "P":
            for value, colour in _palette(image, values.tolist()).items():
                seen.indices.setdefault(colour, set()).add(value)
                seen.colours.setdefault(value, set()).add(colour)
    return _decided(seen)


def _decided(seen: _Seen) -> Reading:
    if any(len(found) > 1 for found in (*seen.indices.values(), *seen.colours.values())):
        numbers = {colour: n for n, colour in enumerate(sorted(seen.indices, key=lambda one: (sum(one) > 0, one)))}
        note = f"palettes differ between masks: {len(numbers)} classes were told by their colours"
        return Reading(lambda image: _by_colour(image, numbers), (note,))
    above = {value: count for value, count in seen.counts.items() if value > 0}
    if set(above) == {1, WHITE} and seen.alone:
        return Reading(_binary, ("some masks have 255 and others 1 for the object: both were read as one class",))
    whitish = [value for value in above if value >= _WHITISH]
    between = sum(count for value, count in above.items() if _DARK <= value < _WHITISH)
    if len(above) >= _MANY and len(whitish) > 1 and between <= _SOFT * sum(above[value] for value in whitish):
        note = f"masks of black and white have {len(seen.counts)} grey levels: from {_HALF} on they are the object"
        return Reading(_thresholded, (note,))
    return Reading()


def _palette(image: Image.Image, values: list[int]) -> Mapping[int, Colour]:
    flat = image.getpalette("RGB") or []
    triples = {value: tuple(flat[3 * value : 3 * value + 3]) for value in values}
    return {value: (one[0], one[1], one[2]) for value, one in triples.items() if len(one) == 3}


def _by_colour(image: Image.Image, numbers: Mapping[Colour, int]) -> np.ndarray:
    values = np.asarray(image).astype(np.uint8)
    table = np.zeros(256, np.uint8)
    for value, colour in _palette(image, np.unique(values).tolist()).items():
        table[value] = numbers[colour]
    return table[values]


def _binary(image: Image.Image) -> np.ndarray:
    return (np.asarray(image) > 0).astype(np.uint8)


def _thresholded(image: Image.Image) -> np.ndarray:
    return (np.asarray(image) >= _HALF).astype(np.uint8)


def _opened(data: bytes, budget: Budget) -> Image.Image | None:
    try:
        with opened(data, "mask").decoded(budget) as image:
            return image
    except (*BROKEN, DataError, Image.DecompressionBombError):
        return None
