"""Ridge regression whose penalty is chosen by exact leave-one-out errors, for all penalties from one decomposition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PENALTIES = tuple(10.0 ** (step / 2) for step in range(-10, 3))
"""As shares of the rows' whole variance."""


@dataclass(frozen=True, slots=True)
class RidgeFit:
    """outputs = rows @ weight + bias, and what each row would have been told had it been left out.

    weight [r, K], bias [K], left_out [n, K]; error is the mean square of the left-out rows.
    """

    weight: np.ndarray
    bias: np.ndarray
    left_out: np.ndarray
    penalty: float
    error: float


def fit_ridge(rows: np.ndarray, targets: np.ndarray) -> RidgeFit:
    """Linear outputs for rows [n, r], of mean 0 a column, and targets [n, K].

    The penalty has the least mean squared leave-one-out error (Golub, Heath and Wahba 1979; Rifkin and Lippert 2007).
    """
    n = len(rows)
    left, lengths, right = _decomposed(rows)  # [n, m], [m], [r, m]
    bias = targets.mean(0, dtype=np.float64)
    centred = targets - bias
    along = left.T @ centred  # [m, K]
    total = max(float(np.square(lengths).sum()), 1e-12)
    best: RidgeFit | None = None
    for share in PENALTIES:
        penalty = share * total
        kept = np.square(lengths) / (np.square(lengths) + penalty)  # [m]
        own = np.einsum("nm,nm,m->n", left, left, kept) + 1 / n  # a row's pull on its own answer
        missed = (centred - left @ (kept[:, None] * along)) / np.maximum(1 - own, 1e-9)[:, None]
        error = float(np.square(missed).mean())
        if best is None or error < best.error:
            weight = right @ ((lengths / (np.square(lengths) + penalty))[:, None] * along)
            best = RidgeFit(weight, bias, targets - missed, penalty, error)
    assert best is not None
    return best


def _decomposed(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Singular vectors and values, by the smaller of the two products of rows: half the time of a direct one."""
    n, width = rows.shape
    product = rows @ rows.T if n <= width else rows.T @ rows
    squares, vectors = np.linalg.eigh(product.astype(np.float64))
    kept = squares > 1e-7 * max(squares.max(), 1e-12)
    lengths, vectors = np.sqrt(squares[kept]), vectors[:, kept]
    if n <= width:
        return vectors, lengths, rows.T @ (vectors / lengths).astype(rows.dtype)
    return rows @ (vectors / lengths).astype(rows.dtype), lengths, vectors
