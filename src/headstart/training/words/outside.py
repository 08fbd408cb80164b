"""How readily a network's head answers that a word is outside of everything, chosen on held-out rows."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import nn

from headstart.core.contracts import Backbone, Batch, Task
from headstart.training.heads import within
from headstart.training.linear.words import best_lowering


def lower_outside(task: Task, head: nn.Module, backbone: Backbone, batches: Iterable[Batch]) -> None:
    """Lower the bias of the first tag, "outside", to where the F1 of the others is greatest on these batches."""
    outputs, truth = list[np.ndarray](), list[np.ndarray]()
    with torch.no_grad():
        for batch in batches:
            features, targets = task.examine(backbone, batch)
            outputs.append(head(features).float().cpu().numpy())
            truth.append(targets[:, 0].cpu().numpy())
        if not truth:
            return
        last = [module for module in within(head).modules() if isinstance(module, nn.Linear)][-1]
        last.bias[0] -= best_lowering(np.concatenate(outputs), np.concatenate(truth), 0)[0]
