"""Rows of a table and the numbers that their cells become."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from headstart.data.records import is_sequence

_MOST = float(np.finfo(np.float32).max)


def named(value: Any) -> Mapping[str, Any] | None:
    """A row by the names of its cells; those of an array are x0, x1, ...; None for what is no row."""
    if isinstance(value, Mapping):
        return value
    if is_sequence(value) or (isinstance(value, np.ndarray) and value.ndim == 1):
        return {f"x{place}": cell for place, cell in enumerate(np.asarray(value).tolist())}
    return None


def moments(days: np.ndarray) -> np.ndarray:
    """Days since 1970 float64 [n] as moments in whole seconds; NaT for NaN."""
    seconds = np.round(np.nan_to_num(days) * 86_400).astype("datetime64[s]")
    return np.where(np.isnan(days), np.datetime64("NaT", "s"), seconds)


def finite(cells: np.ndarray) -> np.ndarray:
    """float32; what is too large for that is the largest number, infinity counts as missing. cells float64."""
    if not (np.abs(cells) <= _MOST).all():
        cells = np.clip(np.where(np.isinf(cells), np.nan, cells), -_MOST, _MOST)
    return cells.astype(np.float32)
