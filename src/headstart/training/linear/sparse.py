"""Linear models on sparse rows, such as weighted word counts: as they are, without centring and without a space.

Subtracting a column's mean would fill the matrix; tf-idf rows have length 1 already.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from headstart.core.contracts import Plain
from headstart.training.linear.logistic import best_factor

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

STRENGTHS = (1.0, 4.0, 16.0, 64.0, 256.0, 1024.0, 4096.0)
"""Grid of C of logistic regression: on AG News the log loss at 10 and at 100 differs by 0.0001; each takes 1.5 s."""

TURNED_ROWS = 1_000
"""Up to here rows are turned onto their span: the same answer from n columns instead of tens of thousands."""

SUPPORT_STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Grid of C of the support vector machine. On AG News, SST-2, DBpedia and hotel reviews the best was 0.1 to 1."""

RIDGE_PENALTIES = (30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01)
"""For rows of length 1, strongest first; a weaker one is not tried after one that did worse."""

STRONGEST_OF_CLASSES = 1.0
"""The strongest penalty for classes: where few labels show nothing, stronger ones leave the mean, which answers the
commonest class alone. 100 labels of SST-2, 20 of AG News, 8 draws: .602, .410 with this bound, .596, .403 without.
"""

FACTORS = tuple(2.0 ** (step / 4) for step in range(-8, 25))
"""What margins are multiplied with, so that their softmax is calibrated."""

Split = tuple[np.ndarray, np.ndarray]
Found = tuple[np.ndarray, np.ndarray, dict[str, float]]


def used(rows: csr_matrix) -> tuple[np.ndarray, csr_matrix]:
    """The columns that any row has, and the rows with these alone: of hashed features most are empty."""
    columns = np.flatnonzero(np.bincount(rows.indices, minlength=rows.shape[1]))  # pyright: ignore[reportOptionalSubscript]
    return columns, rows[:, columns]


def turned(rows: csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """A basis of the rows' span and the rows in it, [F, r] and [n, r]: under an L2 penalty the solution lies there."""
    squares, vectors = np.linalg.eigh((rows @ rows.T).toarray().astype(np.float64))  # [n], [n, n]
    kept = squares > 1e-7 * max(float(squares.max()), 1e-12)
    lengths = np.sqrt(squares[kept])
    return rows.T @ (vectors[:, kept] / lengths), (vectors[:, kept] * lengths).astype(np.float32)


def support_vectors(rows: csr_matrix, y: np.ndarray, splits: Sequence[Split], seed: int) -> Found:
    """Weight [F, K], bias [K] and what was chosen, by scikit-learn's LinearSVC; C has the most hits on held-out rows.

    The margins are scaled so that the softmax of held-out rows has the least log loss.
    """
    if not splits:
        weight, bias = fit_support(rows, y, 1.0, seed)
        return weight, bias, {"penalty": 1.0}
    judged = np.concatenate([y[check] for _, check in splits])
    best, best_hits, margins = SUPPORT_STRENGTHS[0], -1.0, np.empty(0)
    for strength in SUPPORT_STRENGTHS:
        margins_of_folds = []
        for learn, check in splits:
            weight, bias = fit_support(rows[learn], y[learn], strength, seed)
            margins_of_folds.append(_spread(rows[check] @ weight + bias, y[learn], y))
        outputs = np.concatenate(margins_of_folds)  # [m, K]
        hits = float((outputs.argmax(1) == judged).mean())
        if hits > best_hits:
            best, best_hits, margins = strength, hits, outputs
    factor, loss = best_factor(margins, judged, FACTORS)
    weight, bias = fit_support(rows, y, best, seed)
    chosen = {"penalty": 1 / best, "held_out_loss": loss, "held_out_accuracy": best_hits}
    return factor * weight, factor * bias, chosen


def ridge(
    rows: csr_matrix, targets: np.ndarray, splits: Sequence[Split], strongest: float = RIDGE_PENALTIES[0]
) -> tuple[Found, np.ndarray]:
    """Weight [F, K], bias [K] and what was chosen, by scikit-learn's Ridge, for targets [n, K].

    Also the answers to the held-out rows, in the order of the splits, [m, K].
    """
    if not splits:
        weight, bias = _fit_ridge(rows, targets, 1.0)
        return (weight, bias, {"penalty": 1.0}), np.empty((0, targets.shape[1]))
    truth = np.concatenate([targets[check] for _, check in splits])
    best, least, answers = strongest, float("inf"), np.empty(0)
    for penalty in [one for one in RIDGE_PENALTIES if one <= strongest]:
        answers_of_folds = []
        for learn, check in splits:
            weight, bias = _fit_ridge(rows[learn], targets[learn], penalty)
            answers_of_folds.append(rows[check] @ weight + bias)
        outputs = np.concatenate(answers_of_folds)
        error = float(np.square(outputs - truth).mean())
        if error >= least:
            break
        best, least, answers = penalty, error, outputs
    weight, bias = _fit_ridge(rows, targets, best)
    return (weight, bias, {"penalty": best, "held_out_mse": least}), answers


def ridge_classes(rows: csr_matrix, y: np.ndarray, splits: Sequence[Split]) -> Found:
    """Ridge on +1 and -1, scaled so that the softmax of held-out rows has the least log loss."""
    (weight, bias, chosen), answers = ridge(rows, signs_of(y), splits, STRONGEST_OF_CLASSES)
    if not len(answers):
        return weight, bias, chosen
    factor, loss = best_factor(answers, np.concatenate([y[check] for _, check in splits]), FACTORS)
    return factor * weight, factor * bias, {**chosen, "held_out_loss": loss}


def signs_of(y: np.ndarray) -> np.ndarray:
    """Class numbers [n] -> +1 in the column of the class, else -1, [n, K]."""
    return np.where(y[:, None] == np.arange(y.max() + 1), 1.0, -1.0)


def fit_support(rows: Plain, y: np.ndarray, strength: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A linear support vector machine, one against all others: weight [F, K], bias [K] of the classes in y."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the bound is meant: the loss is flat long before it
        model = LinearSVC(C=strength, max_iter=2_000, random_state=seed).fit(rows, y)
    weight, bias = np.asarray(model.coef_).T, np.asarray(model.intercept_)  # for two classes a single column
    if weight.shape[1] == 1:
        return np.hstack([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    return weight, bias


def _fit_ridge(rows: csr_matrix, targets: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=penalty, solver="sparse_cg", tol=1e-4).fit(rows, targets)
    return np.atleast_2d(model.coef_).T, np.atleast_1d(model.intercept_)


def _spread(outputs: np.ndarray, learned: np.ndarray, every: np.ndarray) -> np.ndarray:
    """Margins [m, k] of the classes that were learned -> of all classes [m, K], the others below them all."""
    present = np.unique(learned)
    whole = np.full((len(outputs), int(every.max()) + 1), outputs.min() - 1.0)
    whole[:, present] = outputs
    return whole
