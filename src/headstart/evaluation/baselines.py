"""The simple models that a network has to beat: the task's baseline, and one that never looks at a row."""

import numpy as np

from headstart.assemble import targets
from headstart.core.contracts import Task
from headstart.core.contracts.baseline import Baseline, Predictions
from headstart.data.store import Store

MOST_ROWS = 10_000  # `evaluate` fits its baseline on no more; `gain` and `finetune` use all they have


def baseline(task: Task, store: Store, learned: np.ndarray, asked: np.ndarray, *, seed: int) -> Predictions:
    """The task's baseline: for most a linear model on the raw input."""
    return _fitted(task, store, learned, seed).predict(store.take(asked), len(asked))


def constant(task: Task, store: Store, learned: np.ndarray, asked: np.ndarray, *, seed: int) -> Predictions:
    """The same answer to everything: the majority class, the mean."""
    return _fitted(task, store, learned, seed).blind(store.take(asked), len(asked))


def _fitted(task: Task, store: Store, learned: np.ndarray, seed: int) -> Baseline:
    assert task.baseline is not None, f"{type(task).__name__} has no baseline"
    return task.baseline(task, store.modality, store.take(learned), targets(task, store, learned), seed)


def at_most(rows: np.ndarray, seed: int) -> np.ndarray:
    """The rows, or a random 10,000 of them."""
    if len(rows) <= MOST_ROWS:
        return rows
    return np.sort(np.random.default_rng(seed).permutation(rows)[:MOST_ROWS])
