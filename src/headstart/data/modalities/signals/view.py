"""Whole series as people see them: a line for each channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw

from headstart.core.contracts.look import Look

if TYPE_CHECKING:
    from torch import Tensor

_SIZE, _MARGIN, _MOST, _RANGE = (320, 120), 6, 6, 8.0  # pixels; channels drawn; deviations from bottom to top
_INKS = ((40, 60, 90), (214, 96, 20), (60, 140, 90), (150, 60, 150), (190, 150, 30), (90, 90, 90))


@dataclass(frozen=True, slots=True)
class SignalView:
    """Lines over time, or bars where rows are statistics."""

    channels: int

    @property
    def note(self) -> str:
        return f"the first {_MOST} of {self.channels} channels" if self.channels > _MOST else ""

    def denormalise(self, x: Tensor) -> Tensor:
        """In [0, 1], 0 for four deviations below the mean."""
        return (x / _RANGE + 0.5).clamp(0, 1)

    def contrast(self, inside: Tensor, outside: Tensor) -> Look:
        """The mean of the rows."""
        return Look(picture=self.render(inside.float().mean(0, keepdim=True))[0])

    def render(self, x: Tensor) -> list[Picture.Image]:
        """[B, 1, C, L], or statistics [B, F]."""
        rows = x.detach().float().cpu().numpy()
        return [_drawn(row[0] if row.ndim == 3 else row[None]) for row in rows]


def _drawn(row: np.ndarray) -> Picture.Image:
    """Lines [C, L]."""
    picture = Picture.new("RGB", _SIZE, (255, 255, 255))
    canvas = ImageDraw.Draw(picture)
    shown = row[:_MOST]
    bottom, top = float(shown.min()), float(shown.max())
    right = np.linspace(_MARGIN, _SIZE[0] - _MARGIN, max(2, shown.shape[1]))
    for ink, values in zip(_INKS, shown, strict=False):
        down = _SIZE[1] - _MARGIN - (_SIZE[1] - 2 * _MARGIN) * (values - bottom) / max(top - bottom, 1e-12)
        points = list(zip(right.tolist(), down.tolist(), strict=False))
        if len(points) > 1:
            canvas.line(points, fill=ink, width=1)
    return picture
