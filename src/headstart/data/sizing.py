"""The size that pictures are brought to, told from their headers, and how they are brought to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from headstart.core.errors import DataError
from headstart.core.placement import Placement
from headstart.data.pixels import HEAD, MAX_BYTES, from_array, header, shown
from headstart.data.raw import Blob

_KEEP = 256  # the largest size kept as it is when all images have it
_CAP = 224  # the largest square that images of mixed sizes are brought to
_LONGEST = 320  # the longer side of larger pictures in which things are looked for
_STEP = 16  # what networks halve four times


def glance(value: Any) -> tuple[int, int, bool] | None:
    """Height, width and colour of an image in any form, without decoding files; None if it is broken."""
    if isinstance(value, str | Path):
        value = Blob.file(Path(value), str(value))
    try:
        if isinstance(value, Blob):
            return header(value.read(HEAD)) or header(value.read(MAX_BYTES))
        if isinstance(value, bytes | bytearray | memoryview):
            return header(bytes(value))
        if isinstance(value, Image.Image):
            value = shown(value, "image")
        if not isinstance(value, np.ndarray):
            value = from_array(value, None, "image")
    except (DataError, ValueError):
        return None
    return _of_array(value.shape)


def _of_array(shape: tuple[int, ...]) -> tuple[int, int, bool] | None:
    if len(shape) == 3 and shape[2] not in (1, 3, 4):
        return shape[1], shape[2], shape[0] != 1  # [C, H, W]
    return (shape[0], shape[1], len(shape) == 3 and shape[2] != 1) if len(shape) in (2, 3) else None


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
    """The stored part of a picture [H, W] or [H, W, 3] at the stored size, same kind."""
    height, width = placement.stored
    sampled = Image.fromarray(found).resize((width, height), Image.Resampling.BILINEAR, box=placement.part)
    return np.asarray(sampled)
