"""The simple models that a network has to beat: the task's baseline, and one that never looks at a row."""

import numpy as np

from headstart.assemble import targets
from headstart.core.contracts import Task
from headstart.core.contracts.baseline import Baseline
from headstart.data.store import Store
from headstart.training.linear.drawn_rows import ALWAYS, most_rows

MOST_ROWS = 10_000  # `evaluate` fits its baseline on no more; `gain` and `finetune` use all they have
_FEW = 8  # rows that say how many numbers a row has


def fitted(task: Task, store: Store, learned: np.ndarray, seed: int) -> Baseline:
    """The task's baseline, for most a linear model on the raw input, that has learned these rows, or of very many rows
    of dense numbers as many by chance as `most_rows` says."""
    assert task.baseline is not None, f"{type(task).__name__} has no baseline"
    return _of_kind(task.baseline, task, store, learned, seed)


def rivals(task: Task, store: Store, learned: np.ndarray, seed: int) -> dict[str, Baseline]:
    """The same of its other simple models, by name."""
    return {name: _of_kind(kind, task, store, learned, seed) for name, kind in task.rivals.items()}


def _of_kind(kind: type[Baseline], task: Task, store: Store, learned: np.ndarray, seed: int) -> Baseline:
    learned = _bounded(task, store, learned, seed)
    return kind(task, store.modality, store.take(learned), targets(task, store, learned), seed)


def at_most(rows: np.ndarray, seed: int) -> np.ndarray:
    """The rows, or a random 10,000 of them."""
    if len(rows) <= MOST_ROWS:
        return rows
    return np.sort(np.random.default_rng(seed).permutation(rows)[:MOST_ROWS])


def _bounded(task: Task, store: Store, rows: np.ndarray, seed: int) -> np.ndarray:
    if task.probe is None or len(rows) <= ALWAYS:
        return rows
    few = store.take(rows[:_FEW])
    seen, _ = task.linear_probe().features(store.modality, few, few)
    most = most_rows(seen.size // _FEW) if isinstance(seen, np.ndarray) else len(rows)
    return np.sort(np.random.default_rng(seed).permutation(rows)[:most])
