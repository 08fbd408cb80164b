"""What simple models see of a series: where its values lie, how far they spread, and how fast they change."""

from __future__ import annotations

import numpy as np

from headstart.data.gaps import filled

EACH = 14  # numbers of a channel
_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


def statistics(rows: list[np.ndarray]) -> np.ndarray:
    """Series [T, C], NaN where nothing was measured -> float32 [n, 14 C + 1]; the last number is log(1 + T).

    Of each channel mean, deviation, lowest and highest value, quantiles at .1, .25, .5, .75 and .9, slope of the line
    through it, mean size and deviation of the steps from value to value, correlation of neighbouring values, and how
    often it crosses its mean.
    """
    return np.array([[*_of(values).ravel(), np.log1p(len(values))] for values in rows], np.float32)


def _of(values: np.ndarray) -> np.ndarray:
    """[T, C] -> [14, C]."""
    x = filled(values.astype(np.float64))
    mean, deviation = x.mean(0), x.std(0)
    apart, steps = x - mean, np.diff(x, axis=0) if len(x) > 1 else np.zeros((1, x.shape[1]))
    time = np.linspace(-1, 1, len(x))
    slope = time @ apart / max(float(time @ time), 1e-12)
    alike = (apart[1:] * apart[:-1]).sum(0) / np.maximum(np.square(apart).sum(0), 1e-12)
    crossed = np.abs(np.diff(apart > 0, axis=0)).mean(0) if len(x) > 1 else np.zeros(x.shape[1])
    return np.stack([
        mean, deviation, x.min(0), x.max(0), *np.quantile(x, _QUANTILES, axis=0), slope, np.abs(steps).mean(0),
        steps.std(0), alike, crossed,
    ])  # fmt: skip
