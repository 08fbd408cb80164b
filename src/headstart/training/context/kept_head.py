"""Labelled rows kept with a network that answers from them, and the head that hands its answers on."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from headstart.core.contracts import Backbone, Batch, Step, Task
from headstart.core.contracts.in_context import Form, InContext
from headstart.core.contracts.probe import LinearFit, LinearProbe
from headstart.core.errors import RecipeError
from headstart.training.linear.solve import stratified_folds

_FOLDS, _ASKED = 5, 500  # rows that are held out once, and at most how many of them are asked about


def kept_head(backbone: Backbone, context: InContext, task: Task, batches: Iterable[Batch], *, seed: int) -> Step:
    """Keep labelled rows with the network; of more than it keeps, a sample with the shares of the classes.

    The loss is that of held-out rows: first a fifth is asked about while the others are kept. RecipeError for a task
    whose decisions such a network cannot learn.
    """
    probe = task.linear_probe()
    form: Form | None = probe.form
    if form is None or form == "labels":
        found, fix = type(task).__name__.lower(), "use another backbone"
        raise RecipeError(849, "a network that keeps rows does not learn this task", found=found, fix=fix)
    seen, cells, targets = list[Batch](), list[Tensor](), list[Tensor]()
    for batch in batches:
        ready = task.augment(batch)
        seen.append({name: value.cpu() for name, value in ready.items()})
        cells.append(context.cells(ready).float().cpu())
        targets.append(batch["y"].cpu())
    x, y = torch.cat(cells).numpy(), torch.cat(targets).numpy()
    dice = np.random.default_rng(seed)
    kept = _sample(form, y, context.rows, dice)
    probe.load(_handed_on(form, probe, y, context.outputs))
    fold_of = stratified_folds(y[kept] if form == "classes" else np.zeros(len(kept), np.int64), _FOLDS, dice)
    held = fold_of == next((fold for fold in np.unique(fold_of) if fold >= 0), -1)
    learned, asked = (kept[~held], kept[held][:_ASKED]) if held.any() else (kept, kept[:_ASKED])
    context.keep(form, x[learned], y[learned])
    whole = {name: torch.cat([one[name] for one in seen])[torch.from_numpy(asked)] for name in seen[0]}
    loss = _loss(backbone, task, whole, torch.from_numpy(y[asked]))
    context.keep(form, x[kept], y[kept])
    return Step(loss, {"kept_rows": torch.tensor(float(len(kept))), "held_out_loss": loss})


def _sample(form: Form, targets: np.ndarray, most: int, dice: np.random.Generator) -> np.ndarray:
    """Places of at most so many rows, in their order; every class keeps its share, and one row at least."""
    if len(targets) <= most:
        return np.arange(len(targets))
    order = dice.permutation(len(targets))
    if form == "classes":
        ranks = np.empty(len(order))
        for one in np.unique(targets):
            places = np.flatnonzero(targets[order] == one)
            ranks[places] = np.arange(len(places)) / len(places)
        order = order[np.argsort(ranks, kind="stable")]
    return np.sort(order[:most])


def _handed_on(form: Form, probe: LinearProbe, targets: np.ndarray, outputs: int) -> LinearFit:
    """A head that says what the network says; a class that counts more is the more probable for it."""
    weight = np.eye(outputs, dtype=np.float32)
    if form == "classes" and outputs == 1:
        weight = np.array([[0, 1]], np.float32)
    bias, counts = np.zeros(weight.shape[1], np.float32), probe.weights(targets)
    if counts is not None:
        bias[targets.astype(np.int64)] = np.log(np.maximum(counts, 1e-6))
    return LinearFit(weight, bias, {})


def _loss(backbone: Backbone, task: Task, ready: Batch, targets: Tensor) -> Tensor:
    device = next(task.parameters()).device
    here = {name: value.to(device) for name, value in ready.items()}
    with torch.no_grad():
        return task.judge(backbone.summary(backbone(here)), targets.to(device)).loss
