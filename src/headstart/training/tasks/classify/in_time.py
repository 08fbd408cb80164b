"""Classes of rows in order of time: the moments around a change of class are told apart from all others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headstart.core.contracts import Example
from headstart.core.contracts.over_time import OverTime

NEAR = 2  # steps before and behind a change of label: half a second of the nine a second of a robot
PARTS = 5  # of the scored moments, told one by one
LAST = "repeating the last label"


def times_of(examples: Sequence[Example]) -> np.ndarray | None:
    """When rows were, float64 [n]; None where that is not known of every row."""
    found = [example.get("time") for example in examples]
    return None if not found or None in found else np.array(found, np.float64)


def near_change(truth: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Which rows lie at most NEAR steps from a change of class, bool [n]. truth int [n], times [n]."""
    order = np.argsort(times, kind="stable")
    change = np.flatnonzero(np.diff(truth[order])) + 1  # the first row of every new class
    near = np.zeros(len(truth), bool)
    for step in range(-NEAR, NEAR):
        places = change + step
        near[order[places[(places >= 0) & (places < len(truth))]]] = True
    return near


def near_change_of(truth: np.ndarray, examples: Sequence[Example]) -> np.ndarray:
    """The same of examples; none of them where it is not known when they were."""
    times = times_of(examples)
    return np.zeros(len(truth), bool) if times is None else near_change(truth, times)


def over_time(truth: np.ndarray, said: np.ndarray, times: np.ndarray) -> OverTime:
    """Errors in order of time beside those of whoever repeats the label of the row before, which no model is told.

    truth, said int [n]; times [n]. The first row has no row before it, and counts as right.
    """
    order = np.argsort(times, kind="stable")
    near, true = near_change(truth, times)[order], truth[order]
    parts = [f"part {1 + PARTS * place // len(order)} of {PARTS}" for place in range(len(order))]
    of_rows = [""] * len(order)
    for place, row in enumerate(order.tolist()):
        of_rows[row] = parts[place]
    wrong = (said[order] != true).astype(float)
    apart = {f"up to {NEAR} steps from a change of label": near, "elsewhere": ~near}
    return OverTime(
        of_rows=of_rows, periods=parts, span=2 * NEAR, metric="error",
        losses={"the model": wrong, LAST: np.diff(true, prepend=true[0]).astype(bool).astype(float)},
        apart={name: some for name, some in apart.items() if some.any()} if near.any() else {},
    )  # fmt: skip
