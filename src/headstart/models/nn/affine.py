"""Affine maps with the start that deep stacks of them need."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def linear(inputs: int, outputs: int) -> nn.Linear:
    """A linear map without bias that keeps half the scale of its input, so that a fresh row starts near its words."""
    layer = nn.Linear(inputs, outputs, bias=False)
    nn.init.normal_(layer.weight, std=0.5 * inputs**-0.5)
    return layer


def side_by_side(x: Tensor, *maps: nn.Linear) -> Tensor:
    """What several maps without bias make of one input, [..., D] -> [..., sum of their outputs], in one product."""
    if any(type(one) is not nn.Linear for one in maps):  # an adapter answers beside the weights
        return torch.cat([one(x) for one in maps], -1)
    return F.linear(x, torch.cat([one.weight for one in maps]))
