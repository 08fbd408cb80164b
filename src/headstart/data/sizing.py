"""The size that pictures are brought to, told from their headers, and how they are brought to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from headstart.core.errors import DataError
from headstart.data.pixels import HEAD, MAX_BYTES, from_array, header, shown
from headstart.data.raw import Blob

_KEEP = 256  # the largest size kept as it is when all images have it
_CAP = 224  # the largest square that images of mixed sizes are brought to


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


def cover(found: np.ndarray, height: int, width: int) -> np.ndarray:
    """Smallest resize that covers height x width, then the centre of it. [H, W] or [H, W, 3] -> same kind."""
    high, wide = found.shape[:2]
    factor = max(height / high, width / wide)
    cut_high, cut_wide = min(high, height / factor), min(wide, width / factor)  # 30 / (30 / 33) is more than 33
    top, left = (high - cut_high) / 2, (wide - cut_wide) / 2
    box = (left, top, left + cut_wide, top + cut_high)
    return np.asarray(Image.fromarray(found).resize((width, height), Image.Resampling.BILINEAR, box=box))
