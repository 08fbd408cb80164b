"""The simple models that could embarrass a network: a linear one on the plain input, and no model at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from headstart.assemble import targets
from headstart.core.contracts import Columns, LinearFit, Plain, Task
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
    there, known = store.take(asked), store.take(learned)
    train, test = task.plain(store.modality, known, there)
    truth = task.decisions(targets(task, store, learned), store.modality, known)
    fit = task.fit_linear(train, truth, solver="logistic" if isinstance(train, np.ndarray) else "auto", seed=seed)
    return _answer(task, store, fit, test, there)


def constant(task: Task, store: Store, learned: np.ndarray, asked: np.ndarray, *, seed: int) -> Simple:
    """The same answer to everything: the majority class, the mean."""
    there, known = store.take(asked), store.take(learned)
    truth = task.decisions(targets(task, store, learned), store.modality, known)
    fit = task.fit_linear(np.zeros((len(truth), 1), np.float32), truth, solver="logistic", seed=seed)
    return _answer(task, store, fit, np.zeros((task.count(store.modality, there, len(asked)), 1), np.float32), there)


def _answer(task: Task, store: Store, fit: LinearFit, test: Plain, asked: Columns) -> Simple:
    outputs = torch.from_numpy(test @ fit.weight + fit.bias)  # [m, K]
    return Simple(task.gathered(outputs, store.modality, asked), fit.chosen)


def at_most(rows: np.ndarray, seed: int) -> np.ndarray:
    """The rows, or a random 10,000 of them."""
    if len(rows) <= MOST_ROWS:
        return rows
    return np.sort(np.random.default_rng(seed).permutation(rows)[:MOST_ROWS])
