"""The size that pictures are brought to, told from their headers, and how they are brought to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from headstart.core.contracts.budget import Budget
from headstart.core.contracts.placement import Placement
from headstart.core.errors import DataError
from headstart.data.modalities.image.channel_order import NPY
from headstart.data.modalities.image.pixel_values import HIGHEST, Seen, Wanted, seen_of
from headstart.data.modalities.image.pixels import DEEP, HEAD, header, highest, shown
from headstart.data.opening.pictures import MAX_BYTES
from headstart.data.records import Blob

_KEEP = 256  # the largest size kept as it is when all images have it
_CAP = 224  # the largest square that images of mixed sizes are brought to
_LONGEST = 320  # the longer side of larger pictures in which things are looked for
_DECODED, _EVERY = 16, 64  # deep pictures whose values are looked at: the first, then some
_STEP = 16  # what networks halve four times


def glance(value: Any, wanted: Wanted = Wanted()) -> Seen | None:
    """What is to be seen of an image in any form, without decoding files; None if it is broken."""
    if isinstance(value, str | Path):
        value = Blob.file(Path(value), str(value))
    try:
        if isinstance(value, Blob):
            head = value.read(HEAD)
            seen = header(head, wanted)
            return seen if seen is not None or len(head) < HEAD else header(value.read(MAX_BYTES), wanted)
        if isinstance(value, bytes | bytearray | memoryview):
            return header(bytes(value), wanted)
        if isinstance(value, Image.Image):
            return replace(seen_of(shown(value, "image"), wanted), deep=value.mode in DEEP)
        return seen_of(value, wanted)
    except (DataError, ValueError):
        return None


class Survey:
    """What pictures have in common, told from their headers.

    sizes  how often each (height, width) occurs
    white  all bits that the highest values of deep pictures use, as a number; 0 without such pictures
    """

    def __init__(self, wanted: Wanted, budget: Budget) -> None:
        self.sizes: dict[tuple[int, int], int] = {}
        self.white = 0
        self._wanted, self._budget, self._deep = wanted, budget, 0
        self._first: dict[int, str] = {}  # a number of channels, and the first picture that has it

    def add(self, example: Mapping[str, Any]) -> None:
        seen = glance(example["input"], self._wanted)
        if seen is None:
            return
        size = seen.height, seen.width
        self.sizes[size] = self.sizes.get(size, 0) + 1
        self._first.setdefault(seen.channels, str(example.get("origin", "image")))
        if seen.deep:
            self._add_deep(example)

    def channels(self) -> int:
        """How many all have; grey ones beside colours get these. DataError for other mixtures."""
        odd = sorted(set(self._first) - {1, 3})
        if odd and len(self._first) > 1:
            found = ", ".join(f"{n} in {where}" for n, where in sorted(self._first.items()))
            fix = (
                "prepare them apart, or set modality.channels (1 and 3 take the first page) and prepare with --skip-bad"
            )
            raise DataError(129, "the pictures have different numbers of channels", found=found, fix=fix)
        return odd[0] if odd else 3 if 3 in self._first else 1

    def _add_deep(self, example: Mapping[str, Any]) -> None:
        """Look at the values of some; those of an array are known as a whole."""
        self._deep += 1
        limits = example.get("range")
        if limits is None and self._deep > _DECODED and self._deep % _EVERY:
            return
        value = example["input"]
        if isinstance(value, str | Path):
            value = Blob.file(Path(value), str(value))
        if isinstance(value, Blob):
            value = value.read(MAX_BYTES)
        top = highest(value, self._budget) if limits is None else int(min(max(limits[1], 0), HIGHEST))
        self.white = max(self.white, 255, (1 << top.bit_length()) - 1)


@dataclass(frozen=True, slots=True)
class PicturePlacements:
    """Pictures are stored at one size [height, width], stretched to it or cut to the centre that covers it.

    `like` gives the modality itself, but laying pictures into the stored size of another one as that does.
    """

    stored: tuple[int, int]
    stretched: bool
    like: Callable[[Any], Any]

    def of(self, original: tuple[int, int]) -> Placement:
        return (Placement.stretched if self.stretched else Placement.covering)(original, self.stored)


def common(sizes: Mapping[tuple[int, int], int]) -> tuple[int, int]:
    """Height and width for all, from how often each occurs: the one they share up to 256, else the square of the
    median short side up to 224. No image at all has no size."""
    if not sizes:
        return 0, 0
    if len(sizes) == 1 and max(only := next(iter(sizes))) <= _KEEP:
        return only
    short = np.sort(np.repeat([min(size) for size in sizes], list(sizes.values())))
    side = min(_CAP, int(short[len(short) // 2]))
    return side, side


def usual(sizes: Mapping[tuple[int, int], int]) -> tuple[int, int]:
    """Height and width that hold what lies in pictures: as `common` where all are small and alike, else the median
    aspect with a longer side of at most 320, both in steps of 16."""
    if len(sizes) < 2 and max(next(iter(sizes), (0, 0))) <= _KEEP:
        return common(sizes)
    every = np.repeat(np.array(list(sizes)), list(sizes.values()), 0)  # [n, 2]
    height, width = np.median(every[:, 0]), np.median(every[:, 1])
    factor = min(1.0, _LONGEST / max(height, width))
    return max(_STEP, round(height * factor / _STEP) * _STEP), max(_STEP, round(width * factor / _STEP) * _STEP)


def resized(found: np.ndarray, placement: Placement) -> np.ndarray:
    """The stored part of a picture [H, W] or [H, W, C] at the stored size, same kind."""
    if found.ndim == 3 and found.shape[2] != 3:
        return np.stack([resized(found[:, :, channel], placement) for channel in range(found.shape[2])], 2)
    height, width = placement.stored
    return np.asarray(Image.fromarray(found).resize((width, height), Image.Resampling.BILINEAR, box=placement.part))


def is_picture(value: Blob | bytes) -> bool:
    """Do the first bytes say that it is a picture, or an array?"""
    try:
        head = value.read(HEAD) if isinstance(value, Blob) else value
    except DataError:
        return False
    return head.startswith(NPY) or header(head) is not None
