"""Pictures in patches or superpixels, which are hidden by a blurred picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as Picture

from headstart.core.contracts.look import Look
from headstart.core.contracts.parts import Divides, Parts, Where

if TYPE_CHECKING:
    from headstart.core.contracts.types import Columns, Row

_BLUR = 4  # the deviation of the blur is this part of the shorter side: what is left are broad colours
_TURNS = 8  # of k-means


class PictureParts(Parts):
    """A picture whose pixels belong to parts: `owner` [H, W] is the number of each pixel's part."""

    hidden = "the blurred picture"

    def __init__(self, row: Row, owner: np.ndarray, shape: tuple[int, ...]) -> None:
        self._row, self._owner, self.shape = row, owner, shape
        self._blurred = blurred(row["x"])
        boxes = [_box(owner == part) for part in range(int(owner.max()) + 1)]
        self.where = [Where(box=box) for box in boxes]
        self.names = [f"pixels {box[0]}-{box[2]} x {box[1]}-{box[3]}" for box in boxes]

    def rows(self, keep: np.ndarray) -> list[Columns]:
        seen = keep[:, self._owner][:, None]  # [M, 1, H, W]
        return [{**self._row, "x": np.where(one, self._row["x"], self._blurred)} for one in seen]

    def look(self, weights: np.ndarray) -> Look:
        return Look(picture=painted(self._row["x"], weights[self._owner]))


class Divided(Divides):
    """Patches of a grid, as fine as `most` allows; or superpixels, which follow edges (SLIC, Achanta et al. 2012)."""

    units: Sequence[str] = ("patches", "superpixels")

    def cut(self, modality: Any, row: Row, unit: str, most: int) -> PictureParts:
        _, height, width = row["x"].shape
        if unit == "superpixels":
            return PictureParts(row, superpixels(row["x"], max(2, most // 4)), ())
        scale = min(1.0, (most / (height * width)) ** 0.5)
        down, across = max(1, int(height * scale)), max(1, int(width * scale))
        down, across = min(down, max(1, height // 2)), min(across, max(1, width // 2))
        places = (np.arange(height) * down // height)[:, None] * across + np.arange(width) * across // width
        return PictureParts(row, places, (down, across))


def blurred(x: np.ndarray) -> np.ndarray:
    """uint8 [C, H, W], smoothed so far that no object can be told."""
    from scipy.ndimage import gaussian_filter

    deviation = min(x.shape[1:]) / _BLUR
    return gaussian_filter(x.astype(np.float32), (0, deviation, deviation)).round().astype(x.dtype)


def superpixels(x: np.ndarray, count: int) -> np.ndarray:
    """The number of each pixel's region, [H, W]: k-means of colours and places from a grid of seeds."""
    channels, height, width = x.shape
    side = (height * width / count) ** 0.5
    down, across = max(1, round(height / side)), max(1, round(width / side))
    y, z = np.mgrid[:height, :width].astype(np.float32)
    weight = 40.0 / side  # a step of a region's side counts as 40 of 255 steps of colour
    seen = np.concatenate([x.reshape(channels, -1).astype(np.float32), [y.ravel() * weight, z.ravel() * weight]]).T
    owner = ((np.arange(height) * down // height)[:, None] * across + np.arange(width) * across // width).ravel()
    for _ in range(_TURNS):
        owner = np.unique(owner, return_inverse=True)[1]
        sizes = np.bincount(owner)
        centres = np.stack([np.bincount(owner, one) for one in seen.T], 1) / sizes[:, None]
        distance = (seen**2).sum(1)[:, None] - 2 * seen @ centres.T + (centres**2).sum(1)
        owner = distance.argmin(1)
    return np.unique(owner, return_inverse=True)[1].reshape(height, width)


def painted(x: np.ndarray, weights: np.ndarray) -> Picture.Image:
    """The picture in grey, orange where weights [H, W] in -1 .. 1 speak for the answer, blue where against it."""
    grey = x[:3].astype(np.float32).mean(0)
    strength = np.abs(weights)[..., None]
    colour = np.where((weights > 0)[..., None], np.array([230.0, 97.0, 1.0]), np.array([44.0, 123.0, 182.0]))
    mixed = grey[..., None] * 0.7 * (1 - strength) + 60 * (1 - strength) + colour * strength
    return Picture.fromarray(mixed.clip(0, 255).astype(np.uint8))


def _box(inside: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom, the last two exclusive."""
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
