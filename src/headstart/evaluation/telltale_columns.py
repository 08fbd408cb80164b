"""In words: does one column of a table give the answer away, as what is known only afterwards does?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.assemble import targets
from headstart.core.contracts import Task
from headstart.data.store import Store

LEAST, MOST = 60, 4_000  # labelled rows that are asked
VALUES = 1_000_000  # cells that are looked at in all: of many columns fewer rows
SURE = 0.95
"""AUC or R2 of one column alone from which it is nearly the target itself."""

ALONE, RIVAL = 0.9, 0.97
"""The same of a column that reaches this share of what all columns do, beyond chance."""

NAMED, UNNAMED, MOSTLY = 0.15, 0.45, 0.6
"""Shares of a model's score beyond chance that are lost without the best column: of one that is called as what is known
afterwards, and of any other that also has most of the score by itself. bank marketing loses 0.39 without `duration`;
adult, German credit and California housing lose 0.01, 0.17 and 0.05 without their best columns, called otherwise."""

_AFTER = re.compile(
    r"(^|[_\s.-])(duration|outcome|result|closed|resolved|resolution|settled|final|ended?|finish(ed)?|completed|paid|"
    r"refund(ed)?|cancel(l?ed|lation)?|churn(ed)?|default(ed)?|approved|decision|status_after|after|post|actual|recovered|"
    r"discharged?|death|died|diagnosis)([_\s.-]|$)", re.IGNORECASE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Asked:
    """Cells of some rows by column, and their targets: class numbers, or numbers."""

    cells: Mapping[str, np.ndarray]
    y: np.ndarray
    classes: bool

    def without(self, name: str) -> dict[str, np.ndarray]:
        return {other: values for other, values in self.cells.items() if other != name}


def telling(task: Task, store: Store, rows: np.ndarray, seed: int) -> list[str]:
    """A warning for each column that alone nearly gives the target, and for one that is known only afterwards, by its
    name and by what a model loses without it. Rows of no table, and tasks that trees do not learn, are not asked."""
    asked = _asked(task, store, rows, seed)
    if asked is None:
        return []
    alone = {name: _score([values], asked, seed, leaves=16) for name, values in asked.cells.items()}
    ranked = sorted(alone, key=lambda name: -alone[name])
    sure = [name for name in ranked if alone[name] >= SURE]
    if sure:
        return [_told(name, asked, alone[name], "is nearly the target itself") for name in sure]
    if len(ranked) < 3:
        return []
    best = ranked[0]
    whole = _score(list(asked.cells.values()), asked, seed, leaves=31)
    rest = _score(list(asked.without(best).values()), asked, seed, leaves=31)
    chance = 0.5 if asked.classes else 0.0
    gain = max(whole - chance, 1e-9)
    if alone[best] >= ALONE and alone[best] - chance >= RIVAL * gain:
        return [_told(best, asked, alone[best], f"is as good as all columns together ({whole:.2f})")]
    lost = (whole - rest) / gain
    named = _AFTER.search(best) is not None
    telltale = lost >= NAMED if named else lost >= UNNAMED and alone[best] - chance >= MOSTLY * gain
    if whole - chance > 0.1 and telltale:
        what = f"may be known only afterwards: without it all other columns come to {rest:.2f}, with it to {whole:.2f}"
        return [_told(best, asked, alone[best], what)]
    return []


def _told(name: str, asked: _Asked, score: float, what: str) -> str:
    measure = "AUC" if asked.classes else "R2"
    advice = f"if it is not known when the model is asked, leave it out with modality.kinds={name}:drop"
    return f"column {name} {what} ({measure} {score:.2f} by itself, on train rows): {advice}"


def _asked(task: Task, store: Store, rows: np.ndarray, seed: int) -> _Asked | None:
    """What is asked, None where nothing can be."""
    modality = store.modality
    if modality.named_cells is None or task.probe is None or len(rows) < LEAST:
        return None
    form = task.linear_probe().form
    if form is None:
        return None
    width = sum(values.shape[1] for values in modality.named_cells(store.take(rows[:1])).values())
    most = max(LEAST, min(MOST, VALUES // max(1, width)))
    some = np.random.default_rng(seed).permutation(rows)[:most]  # not in their order, which may be that of time
    y = targets(task, store, some)["y"]
    classes = form != "values"
    if y.ndim > 1:
        y = y[:, 0]
    counts = np.unique(y, return_counts=True)[1]
    if len(counts) < 2 or (classes and counts.min() < 4):
        return None
    return _Asked(modality.named_cells(store.take(some)), y.astype(np.int64 if classes else np.float64), classes)


def _score(columns: list[np.ndarray], asked: _Asked, seed: int, *, leaves: int) -> float:
    """AUC or R2 of small trees on these columns, on rows that they did not learn from."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.metrics import r2_score
    from sklearn.model_selection import cross_val_predict

    x = np.concatenate(columns, 1)
    if np.isnan(x).all() or not np.nanstd(x) > 0:
        return 0.5 if asked.classes else 0.0
    model: Any = HistGradientBoostingClassifier if asked.classes else HistGradientBoostingRegressor
    rounds = 8 if len(columns) == 1 else 40
    made = model(
        max_iter=rounds, max_leaf_nodes=leaves, learning_rate=0.3 if rounds < 20 else 0.1, early_stopping=False
    )
    method = "predict_proba" if asked.classes else "predict"
    said: Any = cross_val_predict(made, x, asked.y, cv=2, method=method)
    return _auc(asked.y, said) if asked.classes else float(r2_score(asked.y, said))


def _auc(y: np.ndarray, shares: np.ndarray) -> float:
    from sklearn.metrics import roc_auc_score

    if shares.shape[1] == 2:
        return float(roc_auc_score(y, shares[:, 1]))
    return float(roc_auc_score(y, shares, multi_class="ovr", average="macro"))
