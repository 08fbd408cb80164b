"""In words: does the target change with time, while train and test rows are of the same days?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from headstart.core.contracts import Task
from headstart.core.formatting import readable
from headstart.data.store import Store
from headstart.evaluation.column_leaks import small_trees
from headstart.evaluation.column_leaks.related_rows import between
from headstart.evaluation.column_leaks.small_trees import indicators

TENTHS = 10
KNOWN = 0.5  # share of rows with a date from which a column is asked
DRIFT = 0.05
"""Share of the target's variance that lies between tenths of the rows in the order of time, from which it drifts."""


def drifting(task: Task, store: Store, rows: np.ndarray, again: Callable[[str, str], str]) -> list[str]:
    """A warning where the target changes with a column of dates and the rows were split otherwise than by time. `again`
    gives the command that prepares the data with an option and its column."""
    if store.has_given_parts or store.manifest.get("rules", {}).get("time") is not None:
        return []
    first = small_trees.first_of(store, rows)
    apart = {name: one.numbers for name, one in store.apart(first).items() if one.dates}
    asked = small_trees.of_rows(task, store, first) if apart else None
    if asked is None or len(asked.rows) < small_trees.LEAST:
        return []
    best, told = DRIFT, list[str]()
    for name, days in apart.items():
        known = np.isfinite(days)
        if known.mean() < KNOWN or len(np.unique(days[known])) < TENTHS:
            continue
        bounds = np.quantile(days[known], np.arange(1, TENTHS) / TENTHS)
        tenth, values = np.searchsorted(bounds, days[known], side="right"), indicators(asked.y, asked.classes)[known]
        if (found := between(values, tenth)) >= best:
            labels = store.labels_of(asked.rows[known]) if asked.classes else []
            what = f"the target changes with time, by column {name}: {_extent(values, tenth, labels)}"
            why = "train and test rows are of the same days"
            advice = f"if the model is to answer for later ones, split by time: {again('time', name)}"
            best, told = found, [f"{what}, and {why}; {advice}"]
    return told


def _extent(values: np.ndarray, tenth: np.ndarray, labels: Sequence[Any]) -> str:
    """How far the mean of a target, or the share of a class, goes over the tenths. values [n, classes or 1]."""
    means = np.stack([values[tenth == one].mean(0) for one in np.unique(tenth)])
    most = int(np.ptp(means, axis=0).argmax())
    low, high = float(means[:, most].min()), float(means[:, most].max())
    if not labels:
        return f"its mean is {readable(low)} in one tenth of the rows and {readable(high)} in another"
    label = labels[int(values[:, most].argmax())]
    return f"the share of '{label}' is {low:.0%} in one tenth of the rows and {high:.0%} in another"
