"""The nearest of the rows that were learned: what simple models of rows with rich labels answer with."""

import numpy as np

from headstart.core.contracts import Plain

_TOGETHER = 1000  # rows compared at once


def nearest(learned: Plain, asked: Plain) -> np.ndarray:
    """Of each asked row [n, F] the nearest of those that were learned, each feature in units of its deviation there."""
    known, others = _dense(learned), _dense(asked)
    mean, deviation = known.mean(0), known.std(0)
    deviation[deviation == 0] = 1.0
    known, others = (known - mean) / deviation, (others - mean) / deviation
    squares = np.square(known).sum(1)
    parts = np.array_split(others, max(1, -(-len(others) // _TOGETHER)))
    return np.concatenate([(squares - 2 * part @ known.T).argmin(1) for part in parts])


def _dense(rows: Plain) -> np.ndarray:
    found = rows if isinstance(rows, np.ndarray) else rows.toarray()
    return np.asarray(found, np.float32)
