"""Ready series as people see them: a line over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw

from headstart.core.contracts.look import Look

if TYPE_CHECKING:
    from torch import Tensor

_RANGE = 8.0  # deviations from the lowest to the highest
_SIZE, _MARGIN = (320, 120), 6  # pixels
_INK, _BAND, _SAID, _TRUE = (40, 60, 90), (250, 215, 170), (214, 96, 20), (40, 60, 90)


@dataclass(frozen=True, slots=True)
class SeriesView:
    """A line for what is forecast; columns beside it are not drawn."""

    note: str = ""

    def denormalise(self, x: Tensor) -> Tensor:
        """In [0, 1], 0 for four deviations below the last value."""
        return (x / _RANGE + 0.5).clamp(0, 1)

    def contrast(self, inside: Tensor, outside: Tensor) -> Look:
        """The mean of the rows."""
        return Look(picture=self.render(inside.float().mean(0, keepdim=True))[0])

    def render(self, x: Tensor) -> list[Picture.Image]:
        """[B, 1, C, L]."""
        return [drawn(row) for row in x.detach().float()[:, 0, 0].cpu().numpy()]


def drawn(
    past: np.ndarray, said: np.ndarray | None = None, low: np.ndarray | None = None, high: np.ndarray | None = None,
    true: np.ndarray | None = None,
) -> Picture.Image:  # fmt: skip
    """The values before [L], and where they are given what was forecast [H] with its band, and what came [H]."""
    ahead = 0 if said is None else len(said)
    lines = [one for one in (past, said, low, high, true) if one is not None]
    seen = np.concatenate(lines)
    seen = seen[np.isfinite(seen)] if np.isfinite(seen).any() else np.zeros(1)
    bottom, top = float(seen.min()), float(seen.max())
    picture = Picture.new("RGB", _SIZE, (255, 255, 255))
    canvas = ImageDraw.Draw(picture)
    count = max(2, len(past) + ahead)

    def points(values: np.ndarray, first: int) -> list[tuple[float, float]]:
        """Places of finite values, in pixels."""
        across, down = _SIZE[0] - 2 * _MARGIN, _SIZE[1] - 2 * _MARGIN
        span = max(top - bottom, 1e-12)
        right = [_MARGIN + across * (first + place) / (count - 1) for place in range(len(values))]
        below = _MARGIN + down * (1 - (values - bottom) / span)
        return [(x, float(y)) for x, y in zip(right, below, strict=True) if np.isfinite(y)]

    if low is not None and high is not None:
        canvas.polygon([*points(high, len(past)), *reversed(points(low, len(past)))], fill=_BAND)
    for values, first, colour, width in ((past, 0, _INK, 1), (true, len(past), _TRUE, 1), (said, len(past), _SAID, 2)):
        if values is not None and len(places := points(values, first)) > 1:
            canvas.line(places, fill=colour, width=width)
    return picture
