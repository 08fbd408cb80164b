"""Rows as batches of the kind that an objective learns from: packed where it is about places, else row by row."""

from __future__ import annotations

import numpy as np

from headstart.assemble.rows import targets
from headstart.core.contracts import Modality, Objective, Task
from headstart.core.sequences import Packable
from headstart.data.batches import Batches, Feed
from headstart.data.packed import Packed
from headstart.data.store import Store


def feed(
    objective: Objective, store: Store, rows: np.ndarray, modality: Modality, *, batch: int, seed: int, device: str
) -> Feed:
    """Batches of the rows [n], with the targets of their labels if the objective is a task."""
    if objective.placewise and isinstance(modality, Packable):
        return Packed(store, rows, modality, batch=batch, seed=seed, device=device)
    labels = targets(objective, store, rows) if isinstance(objective, Task) else None
    return Batches(store, rows, modality, labels=labels, batch=batch, seed=seed, device=device)
