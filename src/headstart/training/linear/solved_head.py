"""The head of a task fitted in closed form to features that stay as they are."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from headstart.core.contracts import Backbone, Batch, Plain, Step, Task
from headstart.core.contracts.probe import LinearFit, LinearProbe
from headstart.core.contracts.sparse import SparseInputs
from headstart.training.linear.from_source import fit_from

Fit = Callable[[LinearProbe, Plain, np.ndarray, int], LinearFit]


def fitted_head(backbone: Backbone, task: Task, batches: Iterable[Batch], fit: Fit, *, seed: int) -> Step:
    """Compute the features of all batches once, fit a linear head to them and put it in; the loss is that of the head.

    The caller sets eval mode. `fit` is the tuning's own. RecipeError if the head is not linear.
    """
    if task.sparse is not None:
        return _beside_sparse(backbone, task, task.sparse, batches, fit, seed)
    device = next(task.parameters()).device
    seen = [(x.float().cpu(), y.cpu()) for x, y in (task.examine(backbone, batch) for batch in batches)]
    features, targets = torch.cat([x for x, _ in seen]), torch.cat([y for _, y in seen])  # [n, F], [n, ...]
    del seen  # as large as the features: 1.5 GB for 60 000 rows of 6 400
    probe = task.linear_probe()
    found = fit_from(task.source, features.numpy(), lambda rows: fit(probe, rows, targets.numpy(), seed))
    probe.load(found)
    parts = zip(features.split(4096), targets.split(4096), strict=True)
    losses = [task.judge(x.to(device), y.to(device)).loss * len(x) for x, y in parts]
    logs = {name: torch.tensor(value) for name, value in found.chosen.items()}
    return Step(torch.stack(losses).sum() / len(features), logs)


def _beside_sparse(
    backbone: Backbone, task: Task, sparse: SparseInputs, batches: Iterable[Batch], fit: Fit, seed: int
) -> Step:
    """The same for vectors of the network and sparse features side by side, as one sparse matrix."""
    from scipy.sparse import csr_matrix, hstack, vstack

    vectors, rows, targets = list[Tensor](), list[csr_matrix](), list[Tensor]()
    for batch in batches:
        x, y = task.examine(backbone, batch)
        vectors.append(x[:, : -sparse.outputs].float().cpu())  # behind them are the outputs of a map not yet fitted
        rows.append(task.sparse_rows(batch))
        targets.append(y.cpu())
    dense, y, wide = torch.cat(vectors), torch.cat(targets), sparse.weighed(csr_matrix(vstack(rows)))
    scale = float(1 / dense.norm(dim=1).mean().clamp_min(1e-6)) if dense.numel() else 1.0  # as long as sparse rows
    features = csr_matrix(hstack([wide, csr_matrix(scale * dense.numpy())])) if dense.numel() else wide
    probe = task.linear_probe()
    found = fit_from(task.source, features, lambda rows: fit(probe, rows, y.numpy(), seed))
    count = wide.shape[1]  # pyright: ignore[reportOptionalSubscript]
    sparse.load(found.weight[:count])
    probe.load(replace(found, weight=scale * found.weight[count:]))
    outputs = torch.from_numpy((wide @ found.weight[:count]).astype(np.float32))
    device = next(task.parameters()).device
    loss = task.judge(torch.cat([dense, outputs], 1).to(device), y.to(device)).loss
    return Step(loss, {name: torch.tensor(value) for name, value in found.chosen.items()})
