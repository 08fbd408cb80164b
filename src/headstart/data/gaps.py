"""Gaps in what is measured over time, filled from the past alone."""

from __future__ import annotations

import numpy as np


def filled(values: np.ndarray) -> np.ndarray:
    """Each gap with the last value before it; before the first value with that one. Along the first axis [T, ...]."""
    known = ~np.isnan(values)
    places = np.where(known, np.arange(len(values)).reshape(-1, *[1] * (values.ndim - 1)), 0)
    last = np.take_along_axis(values, np.maximum.accumulate(places, 0), 0)
    if not np.isnan(last).any():
        return last
    first = np.take_along_axis(values, known.argmax(0)[None], 0)
    return np.nan_to_num(np.where(np.isnan(last), first, last))
