"""In words: do train and test share customers, patients or machines, and do scores live of knowing them?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from headstart.core.contracts import Task
from headstart.data.store import Store
from headstart.evaluation.column_leaks import small_trees
from headstart.evaluation.column_leaks.small_trees import Asked, indicators, score

FEWEST, LARGEST = 20, 0.05
"""Values that occur several times, and the largest share of rows with one value, of a column that names things."""

REPEATED = 0.5  # share of rows whose value occurs again, in train, and of held-out rows whose value train rows have
LABELS, CELLS = 0.1, 0.3
"""Share of the variance of the target, or of other columns on average, that lies between values rather than within
them, from which a model is asked."""

LOST, LEAST = 0.15, 0.03
"""Shares of the score beyond chance, and of the score itself, that must be lost on values that are new. Columns that
repeat in German credit, adult, bank marketing and California housing lose .034 at most."""

ASKED = 3  # columns that models are asked of
REPEATS = 2


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    shared: int
    held: int
    known: float
    new: float

    @property
    def lost(self) -> float:
        return self.known - self.new


def related(task: Task, store: Store, rows: np.ndarray, seed: int, again: Callable[[str, str], str]) -> list[str]:
    """A warning where rows of one value of a column lie in train and in another part, and small trees are much better
    on values that they know than on new ones. `again` gives the command that prepares the data with an option and its
    column. Nothing is said where rows were split by group or time.
    """
    if store.grouped_by is not None or store.manifest.get("rules", {}).get("time") is not None:
        return []
    asked = small_trees.of_rows(task, store, small_trees.first_of(store, rows))
    if asked is None or len(asked.rows) < small_trees.LEAST:
        return []
    held = np.concatenate([store.rows("valid"), store.rows("test")])
    learned, others = _names(store, asked.rows), _names(store, held)
    alike = {name: value for name, codes in learned.items()
             if _name_things(codes) and _shared(codes, others[name]).mean() >= REPEATED
             and (value := _likeness(codes, asked, name)) is not None}  # fmt: skip
    found = list[_Found]()
    for name in sorted(alike, key=lambda name: -alike[name])[:ASKED]:
        one = _proof(task, store, learned[name], asked, seed)
        if one is not None:
            shared = _shared(learned[name], others[name])
            found.append(_Found(name, int(shared.sum()), len(held), *one))
    if not found:
        return []
    most = max(found, key=lambda one: one.lost)
    measure, name = asked.measure, most.name
    counts = (
        f"column {name} repeats, and {most.shared:,} of {most.held:,} held-out rows have a value that train rows have"
    )
    scores = f"small trees score {measure} {most.known:.2f} on values that they know and {most.new:.2f} on new ones"
    advice = f"if the model is to be asked about new ones, keep the rows of each in one part: {again('group', name)}"
    return [f"{counts}: {scores}; {advice}"]


def _names(store: Store, rows: np.ndarray) -> dict[str, np.ndarray]:
    """The columns of rows that may name things, as codes int64 [n], -1 where a cell is missing."""
    found = {name: one.codes for name, one in store.apart(rows).items() if not one.dates}
    named_cells = store.modality.named_cells
    if named_cells is None or not len(rows):
        return found
    for name, cells in named_cells(store.take(rows)).items():
        if name not in found and cells.shape[1] == 1:
            values = cells[:, 0].astype(np.float64)
            known = np.isfinite(values)
            whole = np.array_equal(np.round(values[known]), values[known])
            found[name] = np.where(known & whole, np.nan_to_num(values), -1).astype(np.int64)
    return found


def _name_things(codes: np.ndarray) -> bool:
    """Do values come again, many of them, and none of them too often?"""
    known = codes[codes != -1]
    if len(known) < REPEATED * len(codes):
        return False
    sizes = np.unique(known, return_counts=True)[1]
    again = sizes[sizes > 1]
    return len(again) >= FEWEST and again.sum() >= REPEATED * len(codes) and sizes.max() <= LARGEST * len(codes)


def _shared(learned: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Which held-out rows have a value that train rows have, bool [n]."""
    return (held != -1) & np.isin(held, learned) if len(held) else np.zeros(1, bool)


def _likeness(codes: np.ndarray, asked: Asked, name: str) -> float | None:
    """How much alike rows of one value are; None where that is little."""
    labels = between(indicators(asked.y, asked.classes), codes)
    others = [cells[:, :1] for other, cells in asked.cells.items() if other != name]
    cells = between(np.nan_to_num(np.concatenate(others, 1).astype(np.float64)), codes) if others else 0.0
    return max(labels / LABELS, cells / CELLS) if labels >= LABELS or cells >= CELLS else None


def between(values: np.ndarray, codes: np.ndarray) -> float:
    """Share of the variance of columns [n, k] that lies between groups, beyond chance (epsilon squared), their mean."""
    _, group, sizes = np.unique(codes, return_inverse=True, return_counts=True)
    count, groups = len(values), len(sizes)
    if groups in (1, count):
        return 0.0
    values = values[:, values.std(0) > 0]
    if not values.shape[1]:
        return 0.0
    sums = np.stack([np.bincount(group, column, groups) for column in values.T], 1)
    within = ((values - (sums / sizes[:, None])[group]) ** 2).sum(0) / (count - groups)
    return float(np.mean(1 - within / values.var(0, ddof=1)))


def _proof(task: Task, store: Store, codes: np.ndarray, asked: Asked, seed: int) -> tuple[float, float] | None:
    """The score of trees on values that they know, and on new ones, where that is much less; else None."""
    generator = np.random.default_rng(seed)
    values, group = np.unique(codes, return_inverse=True)
    width = sum(cells.shape[1] for cells in asked.cells.values())
    most = max(small_trees.LEAST, min(small_trees.MOST, small_trees.VALUES // max(1, width)))
    place = generator.permutation(len(values))[group]  # groups in random order, as many as there is time for
    chosen = np.argsort(place, kind="stable")[:most]
    chosen = chosen[codes[chosen] != -1]
    some = small_trees.of_rows(task, store, asked.rows[chosen])
    if some is None:
        return None
    columns, groups = list(some.cells.values()), group[chosen]
    scores = np.array([[score(columns, some, seed + repeat, leaves=31, groups=one)
                        for one in (generator.permutation(groups), groups)] for repeat in range(REPEATS)])  # fmt: skip
    known, new = scores.mean(0)
    least = max(LEAST, LOST * (known - some.chance), 1.5 / len(chosen) ** 0.5)
    return (float(known), float(new)) if known - new >= least else None
