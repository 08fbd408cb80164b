"""In words: do the labels of train rows go with the rows at all, as far as a linear model can see?"""

from typing import Any

import numpy as np

from headstart.assemble import targets
from headstart.core.contracts import Task
from headstart.data.store import Store
from headstart.training.linear.permutation import p_value

LEAST, MOST = 20, 500  # rows that are asked: fewer say nothing, more would take longer than two seconds
EACH = 5  # rows of a class, on average, below which nothing can be told
VALUES = 50_000_000  # of all features together
SURE = 0.05


def random_looking(task: Task, store: Store, rows: np.ndarray, seed: int) -> list[str]:
    """A warning where a linear model on the raw input of labelled rows is no better than with shuffled labels.

    Tasks with labels, a linear head and one decision a row are asked; of others, and of too few rows, nothing is said.
    """
    if task.probe is None or not task.needs_labels or len(rows) < LEAST:
        return []
    generator = np.random.default_rng(seed)
    probe, modality = task.linear_probe(), store.modality
    first = store.take(rows[:1])
    if probe.count(modality, first, 1) != 1:
        return []
    one: Any = probe.features(modality, first, first)[0]
    some = np.sort(generator.permutation(rows)[: max(LEAST, min(MOST, VALUES // max(1, one.shape[1])))])
    columns = store.take(some)
    answers = probe.decisions(modality, columns, targets(task, store, some))
    if len(answers) != len(some):
        return []
    if answers.ndim == 1:
        classes, numbers = np.unique(answers, return_inverse=True)
        if len(some) < EACH * len(classes):
            return []
        answers = np.eye(len(classes))[numbers]
    if not np.ptp(answers, axis=0).any():
        return []  # all the same, of which there are warnings of their own
    found = p_value(probe.features(modality, columns, columns)[0], answers, generator)
    if found <= SURE:
        return []
    told = f"labels look random: a linear model on {len(some):,} rows is no better than with shuffled labels"
    return [f"{told} (p = {found:.2f}); if they are right, they are too few or only a network can learn them"]
