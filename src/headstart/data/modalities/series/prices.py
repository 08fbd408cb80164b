"""Do the values of a series look like prices? Their steps are nearly uncorrelated, and they return to no mean. And do
returns look like those of averages?"""

from __future__ import annotations

import numpy as np

from headstart.data.gaps import filled
from headstart.data.modalities.series.season import autocorrelation

_FEWEST = 60  # steps
_ALIKE = 0.35  # autocorrelation of steps; means of days in a month make .25 by themselves (Working 1960)
_AVERAGED, _NEAR, _NONE = 0.25, 0.08, 0.06  # of steps of averages, and how far from that and from 0 at other lags
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


def like_averages(returns: np.ndarray) -> bool:
    """Are neighbouring returns [T] correlated as those of prices that are means over each step, and no others?

    A random walk averaged over many moments a step has steps that correlate by 1/4 at lag 1 (Working 1960).
    """
    known = returns[~np.isnan(returns)]
    if len(known) < _FEWEST:
        return False
    found, noise = autocorrelation(known), len(known) ** -0.5
    near = abs(found[1] - _AVERAGED) < max(_NEAR, 2 * noise) and found[1] > 3 * noise
    return bool(near and np.abs(found[2:4]).max() < max(_NONE, 3 * noise))


def _reverting(level: np.ndarray) -> float:
    """The t statistic of the last level in a regression of steps on it, on the step before, and on a constant."""
    steps = np.diff(level)
    columns = np.stack([level[1:-1], steps[:-1], np.ones(len(steps) - 1)], 1)
    columns[:, 0] -= columns[:, 0].mean()
    weights, *_ = np.linalg.lstsq(columns, steps[1:], rcond=None)
    off = steps[1:] - columns @ weights
    spread = off @ off / max(1, len(off) - 3) * np.linalg.pinv(columns.T @ columns)[0, 0]
    return float(weights[0] / np.sqrt(max(spread, 1e-300)))
