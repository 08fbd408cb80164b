"""Rows as batches of the kind that an objective learns from: row by row, packed, or cut into windows."""

import numpy as np

from headstart.assemble.rows import targets, unknown
from headstart.core.contracts import Columns, Modality, Objective, Tuning
from headstart.core.contracts.types import IGNORED
from headstart.core.errors import ContractError
from headstart.data.batches import Batches, Beside, Feed
from headstart.data.packing import Packed
from headstart.data.store import Store
from headstart.data.windows import WindowedRows
from headstart.training.linear.solve import stratified_folds


def feed(
    objective: Objective,
    store: Store,
    rows: np.ndarray,
    modality: Modality,
    *,
    unlabelled: np.ndarray | None = None,
    tuning: Tuning | None = None,
    batch: int,
    seed: int,
    device: str,
) -> Feed:
    """Batches of the rows [n], with the targets of their labels if the objective is a task.

    `unlabelled` [m] are further rows for a task, whose labels, if they have any, are not looked at. A `tuning` that
    wants them beside labelled rows gets them so, and some of the labelled ones hidden among them.
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
    beside = None
    if labels is not None and tuning is not None and tuning.beside:
        labels = {**labels, "hidden": _hidden(labels, tuning.hides, seed)}
        beside = Beside((labels["y"] == IGNORED) | labels["hidden"], tuning.beside)
    return Batches(
        store, rows, modality, labels=labels, sparse=sparse, beside=beside, batch=batch, seed=seed, device=device
    )


def _hidden(labels: Columns, one_of: int, seed: int) -> np.ndarray:
    """One labelled row of so many, class by class, bool [n]. ContractError where rows have not one class each, or there
    is no row without a label, or none that can be hidden: a class keeps a label."""
    y, fix = labels["y"], "use --tuning full or probe"
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise ContractError(890, "unlabelled rows can only learn beside rows of one class each", fix=fix)
    known = np.flatnonzero(y != IGNORED)
    if len(known) == len(y):
        fix = f"leave the labels of some train rows out with --labels {max(2, len(y) // 10)}, or {fix}"
        found = f"{len(y):,} labelled rows"
        raise ContractError(891, "there is no train row without a label to learn from", found=found, fix=fix)
    hidden = np.zeros(len(y), bool)
    if one_of:
        hidden[known] = stratified_folds(y[known], one_of, np.random.default_rng(seed)) == 0
        if not hidden.any():
            raise ContractError(892, "every class has a single label, so none can be hidden", fix=fix)
    return hidden
