"""In words: do the rows of a table, or the ids that models do not see, stand in the order of the target?"""

from __future__ import annotations

from typing import Any

import numpy as np

from headstart.core.contracts import Task
from headstart.data.store import Store
from headstart.evaluation.column_leaks import small_trees
from headstart.evaluation.column_leaks.small_trees import Asked

SURE = 0.95
"""AUC of one cut a class, or rank correlation, from which values are in the order of the target."""

_KNOWN = 0.9  # share of rows with a number from which a column counts rows


def in_order_of_target(task: Task, store: Store, rows: np.ndarray, seed: int) -> list[str]:
    """A warning that names the ids, and the order of the rows, that sort with the target. Cells that models see are not
    asked: `telltale_columns` does."""
    asked = small_trees.asked(task, store, rows, seed)
    if asked is None:
        return []
    columns = {f"column {name}, which models do not see": one.numbers for name, one in store.apart(asked.rows).items()
               if not one.dates and name not in asked.cells}  # fmt: skip
    columns["the place of a row in its file"] = asked.rows.astype(np.float64)
    found = {name: value for name, values in columns.items() if (value := _sorting(values, asked, seed)) >= SURE}
    if not found:
        return []
    measure = "AUC" if asked.classes else "rank correlation"
    named = " and of ".join(f"{name} ({measure} {value:.2f})" for name, value in found.items())
    told = f"the target is in the order of {named}: rows were sorted or numbered by the answer"
    return [f"{told}; columns that go with it, as counters and dates do, give it away: modality.kinds=COLUMN:drop"]


def _sorting(values: np.ndarray, asked: Asked, seed: int) -> float:
    """How well one cut a class tells the classes by these values, or how well numbers rise or fall with them."""
    from scipy.stats import spearmanr
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.tree import DecisionTreeClassifier

    known = np.isfinite(values)
    if known.mean() < _KNOWN or np.ptp(values[known]) == 0:
        return 0.0
    values, y = values[known], asked.y[known]
    if not asked.classes:
        rank: Any = spearmanr(values, y)
        return abs(float(rank.statistic))
    names, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    if len(names) < 2 or counts.min() < 2:
        return 0.0
    tree = DecisionTreeClassifier(max_leaf_nodes=len(names), random_state=seed)
    halves = StratifiedKFold(2, shuffle=True, random_state=seed)
    shares: Any = cross_val_predict(tree, values[:, None], codes, cv=halves, method="predict_proba")
    return small_trees.auc(codes, shares)
