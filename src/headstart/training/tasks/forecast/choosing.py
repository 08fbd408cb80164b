"""Who answers: the model, or a forecast that needs none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

OF_TRAIN = 10  # stretches of train rows that were left out of a fit


def chosen(
    squares: Mapping[int, np.ndarray], at: np.ndarray, stretches: int, left_out: Mapping[int, np.ndarray]
) -> int:
    """The number whose squared errors [n] on valid rows are least; but the model, 0, has to be better than the best of
    those that need none by more than one standard error over stretches of time (Breiman et al. 1984, section 3.4.3).

    at         [n], the moments of the rows
    stretches  of time among them that are as long as the horizon: errors within one are not independent
    left_out   squared errors [m] of some of them on train rows that came after those of a fit, in order: they are asked
               too, as valid rows are often one time among many
    """
    means = {who: float(np.nanmean(rows)) for who, rows in squares.items()}
    best = min(means, key=lambda who: means[who])
    simple = [who for who in means if who > 0]
    if best > 0 or not simple:
        return best
    rival = min(simple, key=lambda who: means[who])
    gained = (squares[rival] - squares[best])[np.argsort(at, kind="stable")]
    blocks = [float(np.nanmean(part)) for part in np.array_split(gained, max(1, min(stretches, len(gained))))]
    if best in left_out and rival in left_out:
        parts = np.array_split(left_out[rival] - left_out[best], OF_TRAIN)
        blocks += [float(part.mean()) for part in parts if len(part)]
    if len(blocks) < 2:
        return rival
    error = float(np.std(blocks, ddof=1)) / len(blocks) ** 0.5
    return best if np.mean(blocks) > error else rival
