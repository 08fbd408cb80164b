"""The simple baselines that could embarrass a network, fitted honestly on the given labels only.

`majority`, `logistic` and `pca+logistic` for classes; `mean`, `ridge` and `pca+ridge` for values. Strengths are chosen
by an inner validation on the training rows; the test rows are only answered.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from headstart.evaluation.columns import principal, row_space, standardised
from headstart.training.folds import stratified_folds

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

Kind = Literal["majority", "logistic", "pca+logistic", "mean", "ridge", "pca+ridge"]

CLASSIFIERS: tuple[Kind, ...] = ("majority", "logistic", "pca+logistic")
REGRESSORS: tuple[Kind, ...] = ("mean", "ridge", "pca+ridge")

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)
"""Grid of C: raw pixels want about 0.01, principal components about 1."""

DEFAULT_STRENGTH = 1e-2
"""C where no class has a second row to validate on."""

FOLDS, FOLDS_ABOVE_500_ROWS = 5, 3
HOLDOUT_ABOVE = 5_000
"""With more rows one stratified holdout stands for the folds: its error is below a point, at a fifth of the time."""

ROWS_TO_CHOOSE = 10_000
"""Rows on which C is chosen: C weighs the prior against single rows, so its best value hardly moves with more rows."""

ITERATIONS = 100
VALUES_FOR_ONE_THREAD = 10_000_000
"""Smaller fits use one thread: on a busy machine, threads waiting for each other made 5,000 x 784 nine times slower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineResult:
    """Answers of a baseline to the test rows.

    answers [m] labels or [m] / [m, outputs] values; probabilities [m, K] in the order of `classes`, None for values;
    chosen: what the inner validation took; note: what it could not do.
    """

    name: str
    answers: np.ndarray
    probabilities: np.ndarray | None = None
    classes: tuple[str | int, ...] = ()
    chosen: dict[str, float] = field(default_factory=dict)
    note: str = ""
    seconds: float = 0.0


def fit_baseline(
    kind: Kind, x_train: np.ndarray, y_train: np.ndarray, x_test: np.ndarray, *, seed: int
) -> BaselineResult:
    """Fit a simple baseline on x_train [n, F], y_train [n] (values: [n] or [n, outputs]) and answer x_test [m, F].

    Missing numbers (NaN) count as the column's mean. Classes that no training row has cannot be answered.
    """
    assert len(x_train) == len(y_train) > 0, f"{len(x_train)} rows but {len(y_train)} labels"
    started = time.perf_counter()
    targets = np.asarray(y_train)
    if kind == "majority":
        result = _majority(targets, len(x_test))
    elif kind == "mean":
        result = _mean(targets, len(x_test))
    else:
        train, test = standardised(x_train, x_test)
        inputs = "raw inputs"
        if kind in ("pca+logistic", "pca+ridge"):
            train, test = principal(train, test, seed)
            inputs = f"{train.shape[1]} principal components"
        solve = _logistic if kind in CLASSIFIERS else _ridge
        result = solve(train, targets, test, inputs, seed)
    return replace(result, seconds=time.perf_counter() - started)


def better_of(
    kinds: Sequence[Kind], x_train: np.ndarray, y_train: np.ndarray, x_test: np.ndarray, *, seed: int
) -> BaselineResult:
    """The baseline that predicts held-out training rows best; the first kind where nothing could be held out.

    The test rows play no part in the choice. `seconds` counts all that were tried.
    """
    results = [fit_baseline(kind, x_train, y_train, x_test, seed=seed) for kind in kinds]
    best = min(results, key=lambda result: result.chosen.get("held_out_loss", float("inf")))
    return replace(best, seconds=sum(result.seconds for result in results))


def _majority(targets: np.ndarray, rows: int) -> BaselineResult:
    classes, counts = np.unique(targets, return_counts=True)
    shares = np.repeat((counts / counts.sum())[None], rows, axis=0)  # [m, K]
    answers = np.repeat(classes[counts.argmax()], rows)
    return BaselineResult(
        name="the majority class", answers=answers, probabilities=shares, classes=tuple(classes.tolist())
    )


def _mean(targets: np.ndarray, rows: int) -> BaselineResult:
    answers = np.repeat(targets.astype(np.float64).mean(0, keepdims=True), rows, axis=0)
    return BaselineResult(name="the mean", answers=answers)


def _logistic(train: np.ndarray, targets: np.ndarray, test: np.ndarray, inputs: str, seed: int) -> BaselineResult:
    classes, y = np.unique(targets, return_inverse=True)
    if len(classes) == 1:
        return replace(_majority(targets, len(test)), note="the labels hold a single class: nothing to learn")
    train, test = row_space(train, test)
    splits = list(_inner_splits(y, np.random.default_rng(seed)))
    held_out = sum(len(check_rows) for _, check_rows in splits)
    chosen = {"C": DEFAULT_STRENGTH, "validated_rows": held_out}
    if splits:
        chosen["C"], loss = _choose(train, y, splits)
        chosen["held_out_loss"] = loss / held_out
    model = _model()
    _fit(model, chosen["C"], train, y)
    probabilities = model.predict_proba(test)
    return BaselineResult(
        name=f"logistic regression on {inputs}",
        answers=classes[probabilities.argmax(1)],
        probabilities=probabilities,
        classes=tuple(classes.tolist()),
        chosen=chosen,
        note=_note(np.bincount(y), held_out),
    )


def _choose(train: np.ndarray, y: np.ndarray, splits: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    """The C with the smallest log loss on held-out rows, from the smallest up until it gets worse, and that loss.

    Each fit starts from the one before; the large C, which take most iterations, are mostly never reached.
    """
    models = [_model() for _ in splits]
    chosen, least = STRENGTHS[0], float("inf")
    for strength in STRENGTHS:
        loss = 0.0
        for model, (fit_rows, check_rows) in zip(models, splits, strict=True):
            _fit(model, strength, train[fit_rows], y[fit_rows])
            right = model.predict_proba(train[check_rows])[np.arange(len(check_rows)), y[check_rows]]
            loss -= float(np.log(np.maximum(right, 1e-12)).sum())
        if loss > least:
            break
        chosen, least = strength, loss
    return chosen, least


def _model() -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=ITERATIONS, warm_start=True)


def _fit(model: LogisticRegression, strength: float, train: np.ndarray, y: np.ndarray) -> None:
    """Go on from the model's coefficients with another C."""
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    model.set_params(C=strength)
    threads = 1 if train.size < VALUES_FOR_ONE_THREAD else None
    with warnings.catch_warnings(), threadpool_limits(threads):
        warnings.simplefilter("ignore", ConvergenceWarning)  # the bound is meant: the loss is flat long before it
        model.fit(train, y)


def _inner_splits(y: np.ndarray, generator: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Stratified (fit rows, check rows) inside the training rows; a class's only row always stays with the fit rows."""
    if len(y) > HOLDOUT_ABOVE:
        parts = generator.permutation(len(y))[: ROWS_TO_CHOOSE + HOLDOUT_ABOVE // 2]
        fold_of = stratified_folds(y[parts], FOLDS, generator)
        yield parts[fold_of != 0], parts[fold_of == 0]
        return
    folds = FOLDS if len(y) <= 500 else FOLDS_ABOVE_500_ROWS
    fold_of = stratified_folds(y, folds, generator)
    for fold in range(folds):
        if (fold_of == fold).any():
            yield np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)


def _note(counts: np.ndarray, held_out: int) -> str:
    if not held_out:
        return f"every class has a single row: nothing to validate on, C = {DEFAULT_STRENGTH} taken"
    single, few = int((counts == 1).sum()), int(((counts > 1) & (counts < FOLDS)).sum())
    parts = [f"{_classes(single)} with a single row never held out"] if single else []
    parts += [f"{_classes(few)} with fewer than {FOLDS} rows held out in fewer folds"] if few else []
    return "; ".join(parts)


def _classes(count: int) -> str:
    return f"{count} class" if count == 1 else f"{count} classes"


def _ridge(train: np.ndarray, targets: np.ndarray, test: np.ndarray, inputs: str, seed: int) -> BaselineResult:
    """Ridge regression whose penalty is chosen by exact leave-one-out errors (Golub, Heath and Wahba 1979)."""
    from sklearn.linear_model import RidgeCV

    if len(train) < 2:
        return replace(_mean(targets, len(test)), note="a single row: nothing to learn")
    model = RidgeCV(alphas=np.logspace(-2, 6, 17)).fit(train.astype(np.float64), targets.astype(np.float64))
    assert model.alpha_ is not None
    assert model.best_score_ is not None
    return BaselineResult(
        name=f"ridge regression on {inputs}",
        answers=model.predict(test.astype(np.float64)),
        chosen={"alpha": float(model.alpha_), "held_out_loss": -float(model.best_score_)},
    )
