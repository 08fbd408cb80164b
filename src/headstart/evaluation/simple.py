"""The simple models that could embarrass a network: a linear one on the plain input, and no model at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from headstart.assemble import targets
from headstart.core.contracts import Plain, Task
from headstart.data.store import Store

NAME = "a linear model on the raw input"
MOST_ROWS = 10_000  # `evaluate` fits its baseline on no more; `gain` and `finetune` use all they have


@dataclass(frozen=True, slots=True)
class Simple:
    """Answers of a simple model to the asked rows, and what its inner validation chose."""

    answers: list[dict[str, Any]]
    chosen: dict[str, float]


def linear(task: Task, store: Store, learned: np.ndarray, asked: np.ndarray, *, seed: int) -> Simple:
    """A linear model on plain inputs (raw pixels, word counts), its penalty chosen inside the learned rows."""
    train, test = store.modality.plain(store.take(learned), store.take(asked))
    return _answer(task, train, targets(task, store, learned)["y"], test, seed)


def constant(task: Task, store: Store, learned: np.ndarray, asked: np.ndarray, *, seed: int) -> Simple:
    """The same answer to everything: the majority class, the mean."""
    train, test = np.zeros((len(learned), 1), np.float32), np.zeros((len(asked), 1), np.float32)
    return _answer(task, train, targets(task, store, learned)["y"], test, seed)


def _answer(task: Task, train: Plain, learned: np.ndarray, test: Plain, seed: int) -> Simple:
    solver = "logistic" if isinstance(train, np.ndarray) else "auto"
    fit = task.fit_linear(train, learned, solver=solver, seed=seed)
    outputs = torch.from_numpy(test @ fit.weight + fit.bias)  # [m, K]
    return Simple(task.say(outputs), fit.chosen)


def at_most(rows: np.ndarray, seed: int) -> np.ndarray:
    """The rows, or a random 10,000 of them."""
    if len(rows) <= MOST_ROWS:
        return rows
    return np.sort(np.random.default_rng(seed).permutation(rows)[:MOST_ROWS])
