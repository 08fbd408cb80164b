"""Small trees on columns of a table: what they know of the target, on rows that they did not learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.assemble import targets
from headstart.core.contracts import Task
from headstart.data.store import Store

LEAST, MOST = 60, 4_000  # labelled rows that are asked
_AGAIN = 5  # times that values occur, on average, from which they may be names
FIRST, FIRST_VALUES = 100_000, 20_000_000  # rows, and cells, that are compared without trees
VALUES = 1_000_000  # cells that are looked at in all: of many columns fewer rows


@dataclass(frozen=True, slots=True)
class Asked:
    """Cells of some rows by column, and their targets: class numbers, or numbers. rows int64 [n]: which these are."""

    cells: Mapping[str, np.ndarray]
    y: np.ndarray
    classes: bool
    rows: np.ndarray

    @property
    def measure(self) -> str:
        return "AUC" if self.classes else "R2"

    @property
    def chance(self) -> float:
        return 0.5 if self.classes else 0.0

    def without(self, name: str) -> dict[str, np.ndarray]:
        return {other: values for other, values in self.cells.items() if other != name}


def asked(task: Task, store: Store, rows: np.ndarray, seed: int) -> Asked | None:
    """Labelled rows, drawn at random; None for rows of no table, too few of them, and tasks that trees do not learn."""
    if store.modality.named_cells is None or len(rows) < LEAST:
        return None
    most = max(LEAST, min(MOST, VALUES // _width(store, rows)))
    return of_rows(task, store, np.random.default_rng(seed).permutation(rows)[:most])


def first_of(store: Store, rows: np.ndarray) -> np.ndarray:
    """The first of these rows, as many as are held in memory while columns are compared; none of no table."""
    if store.modality.named_cells is None or not len(rows):
        return rows[:0]
    return rows[: max(LEAST, min(FIRST, FIRST_VALUES // _width(store, rows)))]


def _width(store: Store, rows: np.ndarray) -> int:
    """Numbers of a row."""
    assert store.modality.named_cells is not None
    return max(1, sum(values.shape[1] for values in store.modality.named_cells(store.take(rows[:1])).values()))


def of_rows(task: Task, store: Store, rows: np.ndarray) -> Asked | None:
    """The same of just these rows, in this order."""
    named_cells = store.modality.named_cells
    form = None if task.probe is None else task.linear_probe().form
    if named_cells is None or form is None or not len(rows):
        return None
    y = targets(task, store, rows)["y"]
    classes = form != "values"
    if y.ndim > 1:
        y = y[:, 0]
    counts = np.unique(y, return_counts=True)[1]
    if len(counts) < 2 or (classes and counts.min() < 4):
        return None
    return Asked(named_cells(store.take(rows)), y.astype(np.int64 if classes else np.float64), classes, rows)


def alone(cells: np.ndarray, asked: Asked, seed: int) -> float:
    """`score` of one column, [n, numbers of a cell]; of values that come again also that of their means elsewhere."""
    found = score([cells], asked, seed, leaves=16)
    values, codes = np.unique(cells[:, 0], return_inverse=True)
    if cells.shape[1] > 1 or not 2 < len(values) <= len(cells) / _AGAIN:
        return found
    return max(found, _held_to(asked, _means(codes, indicators(asked.y, asked.classes), seed)))


def most_telling(asked: Asked, count: int, seed: int) -> list[str]:
    """The columns that say most of the target, at most so many, by the means of its values in 16 parts of their cells:
    a hundred times as fast as trees."""
    if len(asked.cells) <= count:
        return list(asked.cells)
    known = indicators(asked.y, asked.classes)

    def missed(cells: np.ndarray) -> float:
        return min(float(np.square(known - _means(_parts(one), known, seed)).sum()) for one in cells.T)

    left = {name: missed(cells) for name, cells in asked.cells.items()}
    return sorted(left, key=lambda name: left[name])[:count]


def _parts(values: np.ndarray) -> np.ndarray:
    """Which of 16 equal parts each value [n] lies in; missing ones have a part of their own."""
    there = np.isfinite(values)
    ends = np.unique(np.quantile(values[there], np.arange(1, 16) / 16)) if there.any() else np.zeros(0)
    return np.where(there, np.searchsorted(ends, values), len(ends) + 1)


def indicators(y: np.ndarray, classes: bool) -> np.ndarray:
    """Targets as columns of numbers: one for each class [n, classes], or [n, 1]."""
    return (y[:, None] == np.unique(y)).astype(np.float64) if classes else y[:, None].astype(np.float64)


def _means(codes: np.ndarray, known: np.ndarray, seed: int) -> np.ndarray:
    """The mean target of each row's code, int64 [n], among rows of the other half, [n, targets]."""
    half = np.random.default_rng(seed).permutation(len(codes)) % 2
    said, count = np.empty_like(known), int(codes.max()) + 1
    for one in (0, 1):
        learned, whole = half != one, known[half != one].mean(0)
        sums = np.stack([np.bincount(codes[learned], column, count) for column in known[learned].T], 1)
        counts = np.bincount(codes[learned], minlength=count)[:, None]
        said[half == one] = ((sums + whole) / (counts + 1))[codes[half == one]]
    return said


def _held_to(asked: Asked, said: np.ndarray) -> float:
    """AUC of shares [n, classes], or R2 of numbers [n, 1]."""
    from sklearn.metrics import r2_score

    return auc(asked.y, said) if asked.classes else float(r2_score(asked.y, said[:, 0]))


def score(
    columns: Sequence[np.ndarray], asked: Asked, seed: int, *, leaves: int, groups: np.ndarray | None = None
) -> float:
    """AUC or R2 of small trees on these columns, on rows that they did not learn from; rows of one group, int64 [n],
    are together."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.model_selection import GroupKFold, cross_val_predict

    x = np.concatenate(list(columns), 1)
    if np.isnan(x).all() or not np.nanstd(x) > 0:
        return asked.chance
    model: Any = HistGradientBoostingClassifier if asked.classes else HistGradientBoostingRegressor
    rounds = 8 if len(columns) == 1 else 40
    made = model(
        max_iter=rounds, max_leaf_nodes=leaves, learning_rate=0.3 if rounds < 20 else 0.1, early_stopping=False,
        min_samples_leaf=min(20, max(3, len(x) // 100)),
    )  # fmt: skip
    method = "predict_proba" if asked.classes else "predict"
    parts: Any = 2 if groups is None else GroupKFold(2, shuffle=True, random_state=seed)
    said: Any = cross_val_predict(made, x, asked.y, cv=parts, groups=groups, method=method)
    return _held_to(asked, said if asked.classes else said[:, None])


def auc(y: np.ndarray, shares: np.ndarray) -> float:
    """Area under the curve; of several classes the mean over each against the others. shares [n, classes]."""
    from sklearn.metrics import roc_auc_score

    if shares.shape[1] == 2:
        return float(roc_auc_score(y, shares[:, 1]))
    return float(roc_auc_score(y, shares, multi_class="ovr", average="macro"))
