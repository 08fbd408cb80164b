"""The head of a task fitted in closed form to features that stay as they are."""

from collections.abc import Callable, Iterable

import numpy as np
import torch

from headstart.core.contracts import Backbone, Batch, Step, Task
from headstart.core.contracts.probe import LinearFit, LinearProbe

Fit = Callable[[LinearProbe, np.ndarray, np.ndarray, int], LinearFit]


def fitted_head(backbone: Backbone, task: Task, batches: Iterable[Batch], fit: Fit, *, seed: int) -> Step:
    """Compute the features of all batches once, fit a linear head to them and put it in; the loss is that of the head.

    The caller sets eval mode. `fit` is the tuning's own. RecipeError if the head is not linear.
    """
    device = next(task.parameters()).device
    seen = [(x.float().cpu(), y.cpu()) for x, y in (task.examine(backbone, batch) for batch in batches)]
    features, targets = torch.cat([x for x, _ in seen]), torch.cat([y for _, y in seen])  # [n, F], [n, ...]
    del seen  # as large as the features: 1.5 GB for 60 000 rows of 6 400
    probe = task.linear_probe()
    found = fit(probe, features.numpy(), targets.numpy(), seed)
    probe.load(found)
    parts = zip(features.split(4096), targets.split(4096), strict=True)
    losses = [task.judge(x.to(device), y.to(device)).loss * len(x) for x, y in parts]
    logs = {name: torch.tensor(value) for name, value in found.chosen.items()}
    return Step(torch.stack(losses).sum() / len(features), logs)
