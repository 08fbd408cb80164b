"""Do the values of a series look like prices? Their steps are nearly uncorrelated, and they return to no mean."""

from __future__ import annotations

import numpy as np

from headstart.data.gaps import filled
from headstart.data.modalities.series.season import autocorrelation

_FEWEST = 60  # steps
_ALIKE = 0.35  # autocorrelation of steps; means of days in a month make .25 by themselves (Working 1960)
_REVERTS = -2.86  # of the t statistic of Dickey and Fuller (1979) with a constant: 5 % of random walks are below


def like_prices(values: np.ndarray) -> bool:
    """Values [T] of a series, NaN where nothing was measured: are they above 0, and is their logarithm much like a
    random walk?"""
    known = values[~np.isnan(values)]
    if len(known) < _FEWEST or (known <= 0).any():
        return False
    level = np.log(filled(values))
    steps = np.diff(level)
    if steps.std() < 1e-9 or (steps == 0).mean() > 0.5:
        return False
    return bool(np.abs(autocorrelation(steps)[1:]).max() < _ALIKE) and _reverting(level) > _REVERTS


def _reverting(level: np.ndarray) -> float:
    """The t statistic of the last level in a regression of steps on it, on the step before, and on a constant."""
    steps = np.diff(level)
    columns = np.stack([level[1:-1], steps[:-1], np.ones(len(steps) - 1)], 1)
    columns[:, 0] -= columns[:, 0].mean()
    weights, *_ = np.linalg.lstsq(columns, steps[1:], rcond=None)
    off = steps[1:] - columns @ weights
    spread = off @ off / max(1, len(off) - 3) * np.linalg.pinv(columns.T @ columns)[0, 0]
    return float(weights[0] / np.sqrt(max(spread, 1e-300)))
