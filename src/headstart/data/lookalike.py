"""Do two pictures show the same thing? A hash that changes little when a picture does, and a strict second look."""

from __future__ import annotations

import numpy as np
from PIL import Image

_SIDE = 8
SAME = 0.995  # correlation of two stored pictures; see `alike`
_GAIN = 0.06
_FLAT = 2.0  # grey levels


def difference_hash(pixels: np.ndarray) -> bytes:
    """64 bits: is each of 8 x 8 coarse places brighter than its right neighbour? (dHash, Krawetz 2013).

    pixels uint8 [H, W] or [H, W, 3]. Small changes of size, brightness or compression flip few bits.
    """
    image = Image.fromarray(pixels)
    grey = image if image.mode == "L" else image.convert("L")
    small = np.asarray(grey.resize((_SIDE + 1, _SIDE), Image.Resampling.BOX))
    return np.packbits(small[:, 1:] > small[:, :-1]).tobytes()


def alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Is one stored picture a re-encoded, resized or brightened copy of the other? Both uint8 [C, H, W]."""
    if one.shape != other.shape:
        return False
    a, b = one.astype(np.float32).ravel(), other.astype(np.float32).ravel()
    if abs(a.mean() - b.mean()) > 8:
        return False
    a -= a.mean()
    b -= b.mean()
    power_a, power_b = float(a @ a), float(b @ b)
    if min(power_a, power_b) < a.size * _FLAT**2:
        return False  # nearly flat pictures have no content to compare; equal ones are exact duplicates anyway
    if abs((power_a / power_b) ** 0.5 - 1) > _GAIN:
        return False
    return float(a @ b) > SAME * (power_a * power_b) ** 0.5
