"""How a picture lies in the one that is stored of it, and places in it with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True, slots=True)
class Placement:
    """stored = (original - start) * scale, along either side.

    original, stored  (height, width) in pixels
    start             (top, left) of the part of the original that is stored
    scale             stored pixels for each of the original's (down, across)
    """

    original: tuple[int, int]
    stored: tuple[int, int]
    start: tuple[float, float]
    scale: tuple[float, float]

    @classmethod
    def stretched(cls, original: tuple[int, int], stored: tuple[int, int]) -> Placement:
        """The whole picture, each side brought to its length."""
        return cls(original, stored, (0.0, 0.0), (stored[0] / original[0], stored[1] / original[1]))

    @classmethod
    def covering(cls, original: tuple[int, int], stored: tuple[int, int]) -> Placement:
        """The centre of it, in its own aspect, as much as the stored size holds."""
        factor = max(stored[0] / original[0], stored[1] / original[1])
        # 30 / (30 / 33) is more than 33
        part = [min(side, kept / factor) for side, kept in zip(original, stored, strict=True)]
        start = ((original[0] - part[0]) / 2, (original[1] - part[1]) / 2)
        return cls(original, stored, start, (stored[0] / part[0], stored[1] / part[1]))

    @property
    def part(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of what is stored, in pixels of the original."""
        (top, left), (down, across) = self.start, self.scale
        return left, top, left + self.stored[1] / across, top + self.stored[0] / down

    def inward(self, boxes: np.ndarray) -> np.ndarray:
        """Boxes [n, 4] (left, top, right, bottom) in the original -> in the stored picture, float32, not cut."""
        (top, left), (down, across) = self.start, self.scale
        moved = (np.asarray(boxes, np.float64).reshape(-1, 4) - [left, top, left, top]) * [across, down, across, down]
        return moved.astype(np.float32)

    def outward(self, boxes: np.ndarray) -> np.ndarray:
        """Boxes in the stored picture -> in the original, cut to it, float32 [n, 4]."""
        (top, left), (down, across) = self.start, self.scale
        height, width = self.original
        moved = np.asarray(boxes, np.float64).reshape(-1, 4) / [across, down, across, down] + [left, top, left, top]
        return moved.clip(0, [width, height, width, height]).astype(np.float32)

    def inward_mask(self, mask: np.ndarray) -> np.ndarray:
        """Values of the original's pixels [h, w] at those of the stored picture, the nearest of each."""
        return mask[np.ix_(*(self._sources(side) for side in (0, 1)))]

    def outward_mask(self, mask: np.ndarray, outside: int) -> np.ndarray:
        """The opposite; pixels of the original that are not stored become `outside`."""
        whole = np.full(self.original, outside, mask.dtype)
        places = [((np.arange(self.original[s]) + 0.5 - self.start[s]) * self.scale[s]) for s in (0, 1)]
        inside = [(place >= 0) & (place < self.stored[side]) for side, place in enumerate(places)]
        down, across = (place[held].astype(int) for place, held in zip(places, inside, strict=True))
        whole[np.ix_(*inside)] = mask[np.ix_(down, across)]
        return whole

    def _sources(self, side: int) -> np.ndarray:
        places = (np.arange(self.stored[side]) + 0.5) / self.scale[side] + self.start[side]
        return places.astype(int).clip(0, self.original[side] - 1)


class Placements(Protocol):
    """What a modality of pictures knows: where a picture's pixels lie in what is stored of it.

    Stored rows hold, besides x, `size` int32 [2], height and width of the original.
    """

    def of(self, original: tuple[int, int]) -> Placement:
        """That of a picture of such height and width."""
        ...

    def like(self, other: Any) -> Any:
        """The modality itself, but laying pictures into the stored size of another one as that does."""
        ...
