"""Rows whose label is surely contradicted: by a model that did not learn from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.assemble import targets, usable
from headstart.core.contracts import Columns, Task
from headstart.data.store import Store
from headstart.evaluation.evaluate import Evaluation
from headstart.training.linear.solve import stratified_folds

LEAST, MOST = 100, 4_000  # labelled train rows that are asked
VALUES = 1_000_000  # cells of them in all
FOLDS = 5
SURE = 0.1
"""The probability that is given to a label, at most, where it is contradicted. Of labels of which 3 % were changed, the
rows below 0.1 hold 72 % on bank marketing (68 % of these rows were changed) and 29 % on German credit (25 %)."""

FAR = 6.0  # deviations from the answer, by the median of all distances, of a number that is contradicted


@dataclass(frozen=True, slots=True)
class Doubt:
    """A row whose label is contradicted: its number in the store, how likely its label is (or how far it lies from the
    answer, in usual distances), and what is said instead."""

    row: int
    label: str
    said: str
    given: float


@dataclass(frozen=True, slots=True)
class Doubts:
    """Rows of a split in doubt, the surest first, of how many that were asked; are labels `classes`, or numbers?"""

    split: str
    rows: list[Doubt]
    asked: int
    classes: bool


def of_scored(evaluation: Evaluation, task: Task) -> Doubts | None:
    """Scored rows whose class the model contradicts; None where answers are no classes."""
    shares = task.answer.distribution(evaluation.answers, evaluation.examples)
    if shares is None:
        return None
    names = [str(name) for name in shares.classes]
    return _of_shares(shares.probabilities, shares.truth, names, evaluation.rows, evaluation.split)


def of_learned(task: Task, store: Store, learned: np.ndarray, seed: int) -> Doubts | None:
    """Those of the train rows `learned` whose label is contradicted by trees that learned from the other folds; None
    where rows are no table, or are few, and for tasks that trees do not learn."""
    cells_of = store.modality.named_cells
    if cells_of is None or task.probe is None:
        return None
    form, rows = task.linear_probe().form, usable(type(task), store, learned)
    if form not in ("classes", "values") or len(rows) < LEAST:
        return None
    width = sum(one.shape[1] for one in cells_of(store.take(rows[:1])).values())
    rows = np.sort(np.random.default_rng(seed).permutation(rows)[: max(LEAST, min(MOST, VALUES // max(1, width)))])
    y = targets(task, store, rows)["y"]
    if form == "values":
        return None if y.ndim > 1 and y.shape[1] > 1 else _far(_x(store, rows), y.reshape(-1), store, rows, seed)
    names = [str(name) for name in task.answer.names]
    shares = _out_of_fold(_x(store, rows), y, len(names), seed)
    return _of_shares(shares, y, names, rows, "train")


def _x(store: Store, rows: np.ndarray) -> np.ndarray:
    columns: Columns = store.take(rows)
    assert store.modality.named_cells is not None
    return np.concatenate(list(store.modality.named_cells(columns).values()), 1)


def _of_shares(shares: np.ndarray, truth: np.ndarray, names: Sequence[str], rows: np.ndarray, split: str) -> Doubts:
    known = truth >= 0
    given = np.where(known, shares[np.arange(len(truth)), np.maximum(truth, 0)], 1.0)
    order = np.argsort(given, kind="stable")
    best = shares.argmax(1)
    found = [Doubt(int(rows[at]), names[int(truth[at])], names[int(best[at])], float(given[at])) for at in order
             if given[at] < SURE]  # fmt: skip
    return Doubts(split, found, int(known.sum()), classes=True)


def _far(x: np.ndarray, y: np.ndarray, store: Store, rows: np.ndarray, seed: int) -> Doubts:
    said = _out_of_fold(x, y, 0, seed)[:, 0]
    distance = np.abs(y - said)
    usual = float(np.median(distance)) or 1.0
    labels = store.labels_of(rows)
    order = [at for at in np.argsort(-distance, kind="stable") if distance[at] > FAR * usual]
    found = [Doubt(int(rows[at]), str(labels[at]), "larger" if said[at] > y[at] else "smaller",
                   float(distance[at] / usual)) for at in order]  # fmt: skip
    return Doubts("train", found, len(rows), classes=False)


def _out_of_fold(x: np.ndarray, y: np.ndarray, classes: int, seed: int) -> np.ndarray:
    """What trees say of each row that learned from the other folds: [n, classes], or values [n, 1]."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    strata = y if classes else np.zeros(len(y))
    fold_of = stratified_folds(strata, FOLDS, np.random.default_rng(seed))
    said = np.ones((len(y), max(1, classes)))  # what no fold says anything of is not in doubt
    for fold in range(FOLDS):
        held = fold_of == fold
        settings: dict[str, Any] = {
            "max_iter": 60,
            "learning_rate": 0.08,
            "max_leaf_nodes": 16,
            "early_stopping": False,
        }
        kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
        if not held.any() or len(np.unique(y[~held])) < 2:
            continue
        model: Any = kind(random_state=seed, **settings).fit(x[~held], y[~held])
        if classes:
            said[held] = 0.0
            said[np.ix_(held, model.classes_.astype(int))] = model.predict_proba(x[held])
        else:
            said[held, 0] = model.predict(x[held])
    return said
