"""How often a series repeats itself, found by its autocorrelation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from headstart.data.gaps import filled

_LEAST, _NEARLY, _LONGEST, _LOOK = 0.3, 0.9, 2000, 20
"""A peak that counts; the share of the highest from which a shorter one is taken; longest period; series looked at."""


def period_of(series: Sequence[np.ndarray]) -> int:
    """Steps after which most of the series repeat, 1 where they do not."""
    found = Counter(_period(values) for values in series[:_LOOK])
    return found.most_common(1)[0][0] if found else 1


def _period(values: np.ndarray) -> int:
    """The shortest lag whose autocorrelation is a peak nearly as high as the highest one."""
    correlation = autocorrelation(filled(values))
    inside = correlation[1:-1]
    peaks = np.flatnonzero((inside > correlation[:-2]) & (inside >= correlation[2:]) & (inside > _LEAST)) + 1
    if not len(peaks) or peaks[0] < 2:
        peaks = peaks[peaks >= 2]
    if not len(peaks):
        return 1
    highest = correlation[peaks].max()
    return int(peaks[correlation[peaks] >= _NEARLY * highest][0])


def autocorrelation(values: np.ndarray) -> np.ndarray:
    """Of the values without their linear trend, at lags 0, 1, ... up to a third of them."""
    n = len(values)
    most = min(n // 3, _LONGEST)
    if most < 4:
        return np.zeros(1)
    time = np.arange(n) - (n - 1) / 2
    centred = values - values.mean()
    centred = centred - time * (time @ centred) / max(float(time @ time), 1e-12)
    spectrum = np.fft.rfft(centred, 2 * n)
    found = np.fft.irfft(np.abs(spectrum) ** 2)[: most + 1]
    return found / max(float(found[0]), 1e-12)
