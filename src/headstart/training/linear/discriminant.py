"""Linear discriminant analysis on the commonest features, for very many classes of rows that share most features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from headstart.training.linear.logistic import best_factor
from headstart.training.linear.sparse import Found, Split

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MANY = 300
"""Classes from which one against all others takes minutes: 1,195 folds of 12,312 proteins did not end within ten."""

COLUMNS = (
    1_024  # commonest features that it reads; with twice as many, remote homology is .01 lower, in thrice the time
)
SHRUNK = 0.6  # share of the even spread in the spread within classes; .1 and .3 are within .01 on remote homology
_SHARE = 0.5  # of the squared lengths of rows that the commonest features must hold
_FACTORS = tuple(2.0 ** (step / 4) for step in range(-24, 9))


def suits(rows: csr_matrix, y: np.ndarray) -> bool:
    """Are there very many classes, and do a few features, such as pairs of amino acids, hold most of every row?"""
    if int(y.max()) < MANY:
        return False
    squares = np.bincount(rows.indices, np.square(rows.data), rows.shape[1])  # pyright: ignore[reportOptionalSubscript]
    return float(squares[_commonest(rows)].sum()) > _SHARE * float(squares.sum())


def discriminant(rows: csr_matrix, y: np.ndarray, splits: Sequence[Split]) -> Found:
    """Weight [F, K], bias [K] and what was chosen, from rows [n, F] and class numbers y [n] of all K classes.

    Classes have means of their own and one spread, shrunk towards an even one (Friedman 1989). Logits are scaled so
    that the softmax of held-out rows has the least log loss.
    """
    classes = int(y.max()) + 1
    outputs, judged = list[np.ndarray](), list[np.ndarray]()
    for learn, check in splits:
        weight, bias = _fit(rows[learn], y[learn], classes)
        outputs.append(rows[check] @ weight + bias)
        judged.append(y[check])
    weight, bias = _fit(rows, y, classes)
    if not splits:
        return weight, bias, {"penalty": SHRUNK}
    factor, loss = best_factor(np.concatenate(outputs), np.concatenate(judged), _FACTORS)
    return factor * weight, factor * bias, {"penalty": SHRUNK, "held_out_loss": loss}


def _commonest(rows: csr_matrix) -> np.ndarray:
    held = np.bincount(rows.indices, minlength=rows.shape[1])  # pyright: ignore[reportOptionalSubscript]
    return np.sort(np.argsort(-held, kind="stable")[:COLUMNS])


def _fit(rows: csr_matrix, y: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    columns, counts = _commonest(rows), np.bincount(y, minlength=classes)
    seen = rows[:, columns].toarray().astype(np.float64)
    middle = seen.mean(0)
    seen -= middle
    means = np.zeros((classes, len(columns)))
    np.add.at(means, y, seen)
    means /= np.maximum(counts, 1)[:, None]
    seen -= means[y]
    spread = seen.T @ seen / len(y)
    even = max(np.trace(spread) / len(columns), 1e-12)
    spread = (1 - SHRUNK) * spread + SHRUNK * even * np.eye(len(columns))
    found = np.linalg.solve(spread, means.T)  # [columns, K]
    weight = np.zeros((rows.shape[1], classes), np.float32)  # pyright: ignore[reportOptionalSubscript]
    weight[columns] = found
    share = np.log(np.maximum(counts, 0.1) / len(y))  # a class that this part does not hold stays far behind
    return weight, share - (means.T * found).sum(0) / 2 - middle @ found
