"""What is measured over time as people see it: a line for each column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw

from headstart.core.contracts.look import Look

if TYPE_CHECKING:
    from torch import Tensor

_SIZE, _MARGIN, _MOST, _RANGE = (320, 120), 6, 6, 8.0  # pixels; columns drawn; deviations from bottom to top
_INKS = ((40, 60, 90), (214, 96, 20), (60, 140, 90), (150, 60, 150), (190, 150, 30), (90, 90, 90))


@dataclass(frozen=True, slots=True)
class LineView:
    """Lines over time of some columns, which are called so; of rows that are statistics one line over these."""

    columns: int
    called: str

    @property
    def note(self) -> str:
        return f"the first {_MOST} of {self.columns} {self.called}s" if self.columns > _MOST else ""

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


def compared(said: np.ndarray, done: np.ndarray) -> Picture.Image:
    """What was said of some columns [C, T], thick, and what was done, thin; each column by itself in its own range."""
    picture = Picture.new("RGB", _SIZE, (255, 255, 255))
    canvas = ImageDraw.Draw(picture)
    count = min(_MOST, len(said))
    tall = (_SIZE[1] - 2 * _MARGIN) / max(1, count)
    right = np.linspace(_MARGIN, _SIZE[0] - _MARGIN, max(2, said.shape[1])).tolist()
    for place, ink in zip(range(count), _INKS, strict=False):
        both = np.concatenate([said[place], done[place]])
        known = both[np.isfinite(both)]
        bottom, span = float(known.min()), max(float(np.ptp(known)), 1e-12)
        for values, width in ((done[place], 1), (said[place], 3)):
            down = _MARGIN + tall * (place + 0.9 - 0.8 * (values - bottom) / span)
            points = [(x, float(y)) for x, y in zip(right, down, strict=False) if np.isfinite(y)]
            if len(points) > 1:
                canvas.line(points, fill=ink, width=width)
    return picture
