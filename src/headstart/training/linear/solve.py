"""Linear models on cached features, with the penalty chosen inside the given rows only."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart.core.contracts import Plain
from headstart.core.contracts.probe import LinearFit
from headstart.core.errors import RecipeError
from headstart.training.linear import sparse
from headstart.training.linear.discriminant import discriminant, suits
from headstart.training.linear.logistic import best_factor, fit_logistic, log_loss
from headstart.training.linear.projection import Space
from headstart.training.linear.ridge import fit_ridge, fit_ridge_tall

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

STRENGTHS = tuple(10.0 ** (step / 2) for step in range(-2, 11))
"""Grid of C for rows of length 1: 1 for noisy pixels, 100 for patch words, 3 000 for digits."""

RIDGE_WIDTH, RIDGE_WIDTH_MANY, MANY = 8, 2, 1_000
"""Features a row from which "auto" is ridge, and the same from so many rows on: its penalty comes from every row left
out once, not from a few folds.

6,400 patch words of 2,500 spoken digits, scored on a speaker whom the rows lack: logistic .692, ridge .78 to .79 with
any penalty. On rows like the train rows both are alike (see `fit_classes`), and ridge is faster."""

MIDDLING = 10.0  # C where every class has a single row
SETTLED = 3.0  # C for features that have learned the labels; 1 to 10 have nearly the same log loss on test rows
FOLDS, FOLDS_ABOVE_500_ROWS = 5, 3
ROWS_TO_CHOOSE = 5_000
"""With more rows C is chosen on so many, a fifth held out: its best value hardly moves with more rows."""

MOST_VALUES_TO_ITERATE = 100_000_000
"""Larger features are solved by ridge: logistic regression on 60 000 x 6 400 did not end within 15 minutes."""

TALL = 5_000  # with more rows ridge is judged on held-out rows, and no row is left out one by one
VALUES_FOR_ONE_THREAD = 10_000_000
"""Smaller fits use one thread: on a busy machine, threads waiting for each other made 5,000 x 784 nine times slower."""

Split = sparse.Split
Fit = Callable[[Any, np.ndarray, float, np.ndarray | None], np.ndarray]


def fit_classes(features: Plain, targets: np.ndarray, classes: int, *, solver: str, seed: int) -> LinearFit:
    """Logits from features [n, F] and class numbers targets [n]; absent classes get a very low one.

    solver "logistic", "ridge" (on +1 and -1), "svm", or "auto"; "settled" is logistic regression with a penalty that is
    not chosen, for features that have learned these labels, of which held-out rows say nothing.

    With 10 and 100 labels a class on 6 400 patch words of Fashion-MNIST, MNIST, CIFAR-10: ridge .773 .921 .396 and
    .861 .971 .548, logistic .768 .922 .396 and .856 .974 .554; on pixels: ridge .689 .754 .258 and .771 .842 .334,
    logistic .700 .766 .251 and .790 .877 .333.
    """
    from threadpoolctl import threadpool_limits

    present, y = np.unique(targets, return_inverse=True)
    weight = np.zeros((features.shape[1], classes), np.float32)  # pyright: ignore[reportOptionalSubscript] - it has one
    bias = np.full(classes, -20.0, np.float32)
    if len(present) == 1:
        bias[present[0]] = 0.0
        return LinearFit(weight, bias, {"penalty": 0.0})
    if solver not in ("auto", "logistic", "ridge", "svm", "settled"):
        raise RecipeError(212, "unknown solver", found=solver, expected="auto, logistic, ridge or svm")
    with threadpool_limits(_threads(features)):
        if isinstance(features, np.ndarray):
            weight[:, present], bias[present], chosen = _dense(features, y, solver, seed)
        else:
            used, rows = sparse.used(features)
            weight[np.ix_(used, present)], bias[present], chosen = _sparse(rows, y, solver, seed)
    return LinearFit(weight, bias, chosen, missed=chosen.get("held_out_loss", math.nan))


def fit_labels(features: Plain, targets: np.ndarray, *, solver: str, seed: int) -> LinearFit:
    """Independent yes/no logits, one column a label. targets [n, K] of 0 and 1."""
    fits = [fit_classes(features, column, 2, solver=solver, seed=seed) for column in targets.astype(np.int64).T]
    weight = np.stack([fit.weight[:, 1] - fit.weight[:, 0] for fit in fits], 1)
    bias = np.array([fit.bias[1] - fit.bias[0] for fit in fits], np.float32)
    penalty, missed = (
        float(np.mean(each)) for each in ([fit.chosen["penalty"] for fit in fits], [fit.missed for fit in fits])
    )
    return LinearFit(weight, bias, {"penalty": penalty}, missed=missed)


def fit_values(features: Plain, targets: np.ndarray, *, seed: int) -> LinearFit:
    """Ridge regression from features [n, F] to targets [n, K]."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(_threads(features)):
        if not isinstance(features, np.ndarray):
            splits = _splits(np.zeros(len(targets), np.int64), np.random.default_rng(seed))
            used, rows = sparse.used(features)
            (found, bias, chosen), _ = sparse.ridge(rows, targets, splits)
            weight = np.zeros((features.shape[1], targets.shape[1]), np.float32)  # pyright: ignore[reportOptionalSubscript]
            weight[used] = found
            missed = chosen.get("held_out_mse", math.nan)
            return LinearFit(weight, bias.astype(np.float32), chosen, missed=missed)
        space = Space.of(features)
        fit = fit_ridge(space.enter(features), targets)
        weight, bias = space.leave(fit.weight, fit.bias)
    return LinearFit(weight, bias, {"penalty": fit.penalty, "held_out_mse": fit.error}, missed=fit.error)


def _threads(features: Plain) -> int | None:
    # what a sparse matrix has of threads is in scikit-learn's solvers, which use one
    return 1 if not isinstance(features, np.ndarray) or features.size < VALUES_FOR_ONE_THREAD else None


def _dense(features: np.ndarray, y: np.ndarray, solver: str, seed: int) -> sparse.Found:
    """Weight [F, K], bias [K] and what was chosen, fitted in the rows' own space."""
    space = Space.of(features)
    rows = space.enter(features)
    if solver == "auto":
        n, width = features.shape
        wide = width >= (RIDGE_WIDTH if n < MANY else RIDGE_WIDTH_MANY) * n
        solver = "ridge" if wide or features.size > MOST_VALUES_TO_ITERATE else "logistic"
    weight, bias, chosen = _ridge(rows, y, seed) if solver == "ridge" else _iterated(solver, rows, y, seed)
    return *space.leave(weight, bias), chosen


def _sparse(features: csr_matrix, y: np.ndarray, solver: str, seed: int) -> sparse.Found:
    """The same on the features as they are; "auto" is ridge for few rows, else a support vector machine;
    discriminant analysis for very many classes of rows that share most features.

    Word counts of AG News, SST-2, hotel reviews and DBpedia, 100 labels (mean of 5 draws, on their test rows): ridge
    .629 .601 .767 .756, svm .625 .596 .738 .753, logistic .614 .597 .720 .725. All labels: svm .878 .808 .897 .978
    in 0.1 to 2 s, logistic .878 .807 .902 .973 in 0.8 to 70 s.
    """
    if solver == "auto":
        if suits(features, y):
            return discriminant(features, y, _splits(y, np.random.default_rng(seed)))
        solver = "ridge" if len(y) <= sparse.TURNED_ROWS else "svm"
    if solver in ("svm", "ridge"):
        splits = _splits(y, np.random.default_rng(seed))
        if solver == "svm":
            return sparse.support_vectors(features, y, splits, seed)
        return sparse.ridge_classes(features, y, splits)
    if len(y) > sparse.TURNED_ROWS:
        return _iterated("logistic", features, y, seed, strengths=sparse.STRENGTHS)
    basis, rows = sparse.turned(features)
    weight, bias, chosen = _iterated("logistic", rows, y, seed, strengths=sparse.STRENGTHS)
    return basis @ weight, bias, chosen


def _ridge(rows: np.ndarray, y: np.ndarray, seed: int) -> sparse.Found:
    """Weight, bias and what was chosen; scaled so that the softmax of left-out rows has the least log loss."""
    signs = sparse.signs_of(y)
    if len(rows) > TALL:
        held = np.random.default_rng(seed).permutation(len(rows)) < min(len(rows) // 10, ROWS_TO_CHOOSE)
        fit, judged = fit_ridge_tall(rows, signs, held), y[held]
    else:
        fit, judged = fit_ridge(rows, signs), y
    factor, loss = best_factor(fit.left_out, judged, [2.0 ** (step / 4) for step in range(-4, 25)])
    chosen = {"penalty": fit.penalty, "held_out_mse": fit.error, "held_out_loss": loss}
    return factor * fit.weight, factor * fit.bias, chosen


def _iterated(
    kind: str, rows: Plain, y: np.ndarray, seed: int, *, strengths: Sequence[float] = STRENGTHS
) -> sparse.Found:
    splits = _splits(y, np.random.default_rng(seed)) if kind != "settled" else []
    fit = partial(_support, seed=seed) if kind == "svm" else fit_logistic
    # a single row a class leaves nothing to hold out
    fixed = SETTLED if kind == "settled" else MIDDLING
    strength, loss = _strength(fit, rows, y, splits, strengths) if splits else (fixed, float("nan"))
    weights = fit(rows, y, strength, None)
    return weights[:-1], weights[-1], {"penalty": 1 / strength} | ({"held_out_loss": loss} if splits else {})


def _strength(
    fit: Fit, rows: Plain, y: np.ndarray, splits: Sequence[Split], strengths: Sequence[float]
) -> tuple[float, float]:
    """The C with the smallest log loss on held-out rows, from the smallest up until it gets worse, and that loss.

    Each fit starts from the one before; the large C, which take most iterations, are mostly never reached.
    """
    held_out = sum(len(check) for _, check in splits)
    parts = [(rows[learn], y[learn], rows[check], y[check]) for learn, check in splits]
    weights: list[np.ndarray | None] = [None] * len(parts)
    best, least = strengths[0], float("inf")
    for strength in strengths:
        loss = 0.0
        for i, (x_learn, y_learn, x_check, y_check) in enumerate(parts):
            fitted = weights[i] = fit(x_learn, y_learn, strength, weights[i])
            logits = x_check @ fitted[:-1].astype(x_check.dtype) + fitted[-1]
            loss += log_loss(logits, y_check) * len(y_check) / held_out
        if loss >= least:
            break
        best, least = strength, loss
    return best, least


def _support(rows: Plain, y: np.ndarray, strength: float, start: np.ndarray | None, *, seed: int) -> np.ndarray:
    """The same by a linear support vector machine, [r + 1, K]; `start` is of no use to it."""
    return np.vstack(sparse.fit_support(rows, y, strength, seed))


def _splits(y: np.ndarray, generator: np.random.Generator) -> list[Split]:
    """Stratified (fit rows, check rows); a class's only row always stays with the fit rows. [] if all are such."""
    if len(y) > ROWS_TO_CHOOSE:
        some = generator.permutation(len(y))[:ROWS_TO_CHOOSE]
        fold_of = stratified_folds(y[some], FOLDS, generator)
        return [(some[fold_of != 0], some[fold_of == 0])]
    fold_of = stratified_folds(y, FOLDS if len(y) <= 500 else FOLDS_ABOVE_500_ROWS, generator)
    folds = np.unique(fold_of[fold_of >= 0])
    return [(np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)) for fold in folds]


def stratified_folds(classes: np.ndarray, folds: int, generator: np.random.Generator) -> np.ndarray:
    """The fold of each row [n], dealt round class by class so that folds are even; -1 for the only row of a class.

    A row of fold -1 is fitted on in every fold and never held out. classes [n] of any kind.
    """
    fold_of = np.full(len(classes), -1)
    dealt = 0
    for label in np.unique(classes):
        rows = generator.permutation(np.flatnonzero(classes == label))
        if len(rows) > 1:
            fold_of[rows] = (dealt + np.arange(len(rows))) % folds
            dealt += len(rows)
    return fold_of
