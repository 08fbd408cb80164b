"""Which of the learned rows an asked one is most like."""

from __future__ import annotations

import numpy as np

from headstart.core.contracts import Plain

_TOGETHER = 1000  # rows compared at once


def nearest(learned: Plain, asked: Plain) -> np.ndarray:
    """Number of the learned row [n, F] with the largest product with each asked one [m, F], [m]; -1: none above 0."""
    from scipy.sparse import csr_matrix

    known, rows = csr_matrix(csr_matrix(learned).T), csr_matrix(asked)
    found = np.full(rows.get_shape()[0], -1)
    for start in range(0, len(found), _TOGETHER):
        products = csr_matrix(rows[start : start + _TOGETHER] @ known)
        best = np.asarray(products.argmax(1)).reshape(-1)
        above = np.asarray(products.max(1).todense()).reshape(-1) > 0
        found[start : start + _TOGETHER] = np.where(above, best, -1)
    return found
