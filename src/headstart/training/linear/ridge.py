"""Ridge regression, its penalty chosen by exact leave-one-out errors, or by held-out rows where there are very many."""

from dataclasses import dataclass

import numpy as np

PENALTIES = tuple(10.0 ** (step / 2) for step in range(-10, 3))  # as shares of the rows' whole variance
TALL_PENALTIES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
"""The same for very many rows, strongest first; a weaker one is not tried after one that did worse."""


@dataclass(frozen=True, slots=True)
class RidgeFit:
    """outputs = rows @ weight + bias, and what each row would have been told had it been left out.

    weight [r, K], bias [K]; left_out [m, K] are the answers to rows that were left out (all, or a held-out part)
    and error is their mean square.
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


def fit_ridge_tall(rows: np.ndarray, targets: np.ndarray, held: np.ndarray) -> RidgeFit:
    """The same for very many rows: one product of the columns, a Cholesky solution a penalty, judged on held rows.

    held [n] bool. 60 000 x 6 400 needs 164 MB for the product and a few seconds a penalty.
    """
    from scipy.linalg import cho_factor, cho_solve

    bias = targets.mean(0, dtype=np.float64)
    centred = targets - bias
    learnt, checked = _product(rows[~held]), _product(rows[held])
    along = rows[~held].T @ centred[~held].astype(rows.dtype)  # [r, K]
    everything = along + rows[held].T @ centred[held].astype(rows.dtype)
    total = float(np.trace(learnt))

    def solved(product: np.ndarray, penalty: float, right: np.ndarray) -> np.ndarray:
        moved = product.astype(np.float64)
        moved[np.diag_indices(len(moved))] += penalty
        return cho_solve(cho_factor(moved, overwrite_a=True, check_finite=False), right.astype(np.float64))

    tried: list[tuple[float, float, np.ndarray]] = []
    for share in TALL_PENALTIES:
        outputs = rows[held] @ solved(learnt, share * total, along).astype(rows.dtype) + bias
        tried.append((float(np.square(targets[held] - outputs).mean()), share, outputs))
        if len(tried) > 1 and tried[-1][0] > tried[-2][0]:
            break
    error, share, outputs = min(tried, key=lambda one: one[0])
    penalty = share * total / (~held).mean()  # the product grows with the rows
    return RidgeFit(solved(learnt + checked, penalty, everything), bias, outputs, penalty, error)


def _product(rows: np.ndarray) -> np.ndarray:
    """rows.T @ rows, a piece at a time: [r, r]."""
    product = np.zeros((rows.shape[1], rows.shape[1]), rows.dtype)
    for start in range(0, len(rows), 8192):
        piece = rows[start : start + 8192]
        product += piece.T @ piece
    return product


def _decomposed(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Singular vectors and values, by the smaller of the two products of rows: half the time of a direct one."""
    n, width = rows.shape
    squares, vectors = np.linalg.eigh((rows @ rows.T if n <= width else rows.T @ rows).astype(np.float64))
    kept = squares > 1e-7 * max(squares.max(), 1e-12)
    lengths, vectors = np.sqrt(squares[kept]), vectors[:, kept]
    if n <= width:
        return vectors, lengths, rows.T @ (vectors / lengths).astype(rows.dtype)
    return rows @ (vectors / lengths).astype(rows.dtype), lengths, vectors
