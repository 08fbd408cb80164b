"""Who answers: the model, or a forecast that needs none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

_BLOCKS = 8  # stretches of time over which errors are compared: those of rows near each other are not independent


def chosen(squares: Mapping[int, np.ndarray], at: np.ndarray) -> int:
    """The number whose squared errors [n] are least; of 1 and above, which need no model, one that is no worse than
    that by one standard error over stretches of time (Breiman et al. 1984, section 3.4.3). at [n], the moments."""
    means = {who: float(np.nanmean(rows)) for who, rows in squares.items()}
    best = min(means, key=lambda who: means[who])
    simple = [who for who in means if who > 0]
    if best in simple or not simple:
        return best
    rival = min(simple, key=lambda who: means[who])
    gained = squares[rival] - squares[best]
    blocks = [np.nanmean(gained[rows]) for rows in np.array_split(np.argsort(at, kind="stable"), _BLOCKS) if len(rows)]
    error = float(np.std(blocks, ddof=1)) / len(blocks) ** 0.5 if len(blocks) > 1 else 0.0
    return rival if means[rival] - means[best] <= error else best
