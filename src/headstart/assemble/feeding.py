"""Rows as batches of the kind that an objective learns from: row by row, packed, or cut into windows."""

import numpy as np

from headstart.assemble.rows import targets, unknown
from headstart.core.contracts import Modality, Objective
from headstart.data.batches import Batches, Feed
from headstart.data.packing import Packed
from headstart.data.store import Store
from headstart.data.windows import WindowedRows


def feed(
    objective: Objective,
    store: Store,
    rows: np.ndarray,
    modality: Modality,
    *,
    unlabelled: np.ndarray | None = None,
    batch: int,
    seed: int,
    device: str,
) -> Feed:
    """Batches of the rows [n], with the targets of their labels if the objective is a task.

    `unlabelled` [m] are further rows for a task, whose labels, if they have any, are not looked at.
    """
    if objective.needs.feed == "packed" and modality.vocabulary is not None:
        return Packed(store, rows, modality.vocabulary, batch=batch, seed=seed, device=device)
    if objective.needs.feed == "windows" and modality.windows is not None:
        windows = WindowedRows(store, rows, modality.windows, modality.spec.length_of)
        index = np.arange(len(windows))
        labels = targets(objective.as_task, windows, index) if objective.as_task is not None else None
        return Batches(windows, index, modality, labels=labels, batch=batch, seed=seed, device=device)
    task = objective.as_task
    labels = targets(task, store, rows) if task is not None else None
    if labels is not None and unlabelled is not None and len(unlabelled):
        rows = np.concatenate([rows, unlabelled])
        labels = {name: unknown(column, len(unlabelled)) for name, column in labels.items()}
    sparse = task.sparse.inputs(store.take(rows)) if task is not None and task.sparse is not None else None
    return Batches(store, rows, modality, labels=labels, sparse=sparse, batch=batch, seed=seed, device=device)
