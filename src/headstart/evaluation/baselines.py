"""The simple models that could embarrass a network: usually a linear one on the plain input, and no model at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.assemble import targets
from headstart.core.contracts import Task
from headstart.data.store import Store

MOST_ROWS = 10_000  # `evaluate` fits its baseline on no more; `gain` and `finetune` use all they have


@dataclass(frozen=True, slots=True)
class Simple:
    """Answers of a simple model to the asked rows, and what its inner validation chose."""

    answers: list[dict[str, Any]]
    chosen: dict[str, float]


def baseline(task: Task, store: Store, learned: np.ndarray, asked: np.ndarray, *, seed: int) -> Simple:
    """The task's simple model: a linear one on plain inputs (raw pixels, word counts) unless it says otherwise."""
    return _answer(task, store, learned, asked, blind=False, seed=seed)


def constant(task: Task, store: Store, learned: np.ndarray, asked: np.ndarray, *, seed: int) -> Simple:
    """The same answer to everything: the majority class, the mean."""
    return _answer(task, store, learned, asked, blind=True, seed=seed)


def _answer(task: Task, store: Store, learned: np.ndarray, asked: np.ndarray, *, blind: bool, seed: int) -> Simple:
    known, there, truth = store.take(learned), store.take(asked), targets(task, store, learned)
    return Simple(*task.simple(store.modality, known, truth, there, len(asked), blind=blind, seed=seed))


def at_most(rows: np.ndarray, seed: int) -> np.ndarray:
    """The rows, or a random 10,000 of them."""
    if len(rows) <= MOST_ROWS:
        return rows
    return np.sort(np.random.default_rng(seed).permutation(rows)[:MOST_ROWS])
