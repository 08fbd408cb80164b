"""Sketches of stored rows, a portion at a time."""

from collections.abc import Callable, Mapping

import numpy as np

from headstart.core.contracts.duplicates import Duplicates

_AT_ONCE = 1024


def sketches_of(
    duplicates: Duplicates, take: Callable[[np.ndarray], Mapping[str, np.ndarray]], rows: np.ndarray
) -> np.ndarray:
    """Of at least one row; `take` gives stored columns of rows. uint8 [n, bytes]."""
    parts = (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))
    return np.concatenate([duplicates.sketches(take(part)) for part in parts])
