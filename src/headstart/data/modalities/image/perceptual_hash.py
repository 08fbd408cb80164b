"""Do two pictures show the same thing? A hash that changes little when a picture does, and a strict second look."""

from __future__ import annotations

import hashlib

import numpy as np
from PIL import Image

from headstart.core import contracts
from headstart.core.contracts.duplicates import Fingerprint
from headstart.data.modalities.image import picture_sketch

_SIDE = 8

# Of 70,000 MNIST digits no two correlate above 0.99, of 70,000 Fashion-MNIST pictures 0.15 % do; re-encoded JPEGs and
# copies 5 % smaller stay above it once they are compared at about 32 pixels a side, distinct photographs below 0.91.
_SAME = 0.99
_COMPARED = 32  # pixels a side: finer detail is what compression and resizing change
_GAIN = 0.08  # ratio of contrasts
_SHIFT = 8.0  # grey levels of mean brightness
_FLAT = 2.0  # grey levels of deviation below which there is no content to compare
_APART = 0.03  # of the power, the most that two pictures of that correlation and contrast can differ, rounded up


class PictureDuplicates:
    """Copies of pictures."""

    def fingerprint(self, example: contracts.Example) -> Fingerprint:
        """Exact: the decoded pixels, whatever the settings. Near: the difference hash."""
        pixels: np.ndarray = example["input"]
        digest = hashlib.blake2b(repr(pixels.shape).encode(), digest_size=16)
        digest.update(np.ascontiguousarray(pixels).data)
        return Fingerprint(digest.digest(), difference_hash(pixels))

    def sketches(self, columns: contracts.Columns) -> np.ndarray:
        return picture_sketch.sketches(columns["x"])

    def resembling(self, seen: np.ndarray, asked: np.ndarray) -> np.ndarray:
        return picture_sketch.resembling(seen, asked)

    def alike(self, one: contracts.Columns, other: contracts.Columns) -> bool:
        return alike(one["x"], other["x"])


def difference_hash(pixels: np.ndarray) -> bytes:
    """128 bits: is each of 8 x 8 coarse places brighter than its left, and than its upper neighbour? (dHash)

    pixels uint8 [H, W] or [H, W, C]. Small changes of size, brightness or compression flip few bits. Krawetz 2013.
    """
    if pixels.ndim == 3 and pixels.shape[2] != 3:
        pixels = pixels.mean(2).astype(np.uint8)
    image = Image.fromarray(pixels)
    grey = image if image.mode == "L" else image.convert("L")
    small = np.asarray(grey.resize((_SIDE + 1, _SIDE + 1), Image.Resampling.BOX))
    bits = np.empty((2, _SIDE, _SIDE), bool)
    np.greater(small[:-1, 1:], small[:-1, :-1], out=bits[0])
    np.greater(small[1:, :-1], small[:-1, :-1], out=bits[1])
    return np.packbits(bits).tobytes()


def alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Is one stored picture a re-encoded, resized or brightened copy of the other? Both uint8 [C, H, W].

    Grey and colours are compared as a whole. Of others, each channel with content must be such a copy: one that says
    something else can be lost among many.
    """
    if not _similar(one, other):
        return False
    return len(one) in (1, 3) or all(
        _similar(a, b) or _is_flat(a) & _is_flat(b) for a, b in zip(one[:, None], other[:, None], strict=True)
    )


def _is_flat(picture: np.ndarray) -> bool:
    return bool(picture.std() < _FLAT)


def _similar(one: np.ndarray, other: np.ndarray) -> bool:
    # Most candidates differ plainly: two sums rule them out at a fifth of the cost of the full comparison.
    a, b = one.ravel().astype(np.float32), other.ravel().astype(np.float32)
    apart = a - b
    if max(one.shape[1:]) < 2 * _COMPARED and apart @ apart > _APART * (a @ a) + _SHIFT**2 * a.size:
        return False
    a, b = _reduced(one), _reduced(other)
    mean_a, mean_b = a.mean(), b.mean()
    a, b = a - mean_a, b - mean_b
    power_a, power_b = float(a @ a), float(b @ b)
    if min(power_a, power_b) < a.size * _FLAT**2 or abs(mean_a - mean_b) > _SHIFT:
        return False
    return abs((power_a / power_b) ** 0.5 - 1) <= _GAIN and float(a @ b) > _SAME * (power_a * power_b) ** 0.5


def _reduced(picture: np.ndarray) -> np.ndarray:
    """Means of square blocks, so that about 32 remain along the shorter side; flat float32."""
    channels, height, width = picture.shape
    block = max(1, min(height, width) // _COMPARED)
    high, wide = height // block, width // block
    blocks = picture[:, : high * block, : wide * block].reshape(channels, high, block, wide, block)
    return blocks.mean((2, 4), dtype=np.float32).ravel() if block > 1 else picture.astype(np.float32).ravel()
