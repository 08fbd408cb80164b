"""What rows of each class count while a classifier learns."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from headstart.core.errors import RecipeError

Weights = Literal["none", "auto"] | dict[str, float]


def class_weights(classes: Sequence[str], counts: Sequence[int], weights: Weights) -> Tensor:
    """[K] weights with mean 1 over the rows of the train split."""
    if weights == "none":
        return torch.ones(len(classes))
    if weights == "auto":
        n = torch.tensor(counts, dtype=torch.float32).clamp_min(1)
        return n.sum() / (len(classes) * n)
    unknown = [name for name in weights if name not in classes]
    if unknown:
        raise RecipeError(211, "task.weights names an unknown class", found=unknown, expected=list(classes))
    return torch.tensor([float(weights.get(name, 1.0)) for name in classes])
