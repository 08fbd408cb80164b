"""Affine maps: one behind the other with something between them, or side by side."""

from collections.abc import Callable, Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Activation = Literal["relu", "gelu", "tanh"]


def activation(name: Activation) -> nn.Module:
    """A fresh activation module."""
    if name == "relu":
        return nn.ReLU(inplace=True)
    return nn.GELU() if name == "gelu" else nn.Tanh()


def normed(width: int) -> list[nn.Module]:
    """Batch norm and ReLU, as projectors and predictors of objectives have them."""
    return [nn.BatchNorm1d(width), nn.ReLU(inplace=True)]


def perceptron(widths: Sequence[int], between: Callable[[int], Sequence[nn.Module]] = normed) -> nn.Sequential:
    """[B, widths[0]] -> [B, widths[-1]], with `between` a width behind every affine map but the last."""
    parts: list[nn.Module] = []
    for i in range(len(widths) - 1):
        parts += [*(between(widths[i]) if i else ()), nn.Linear(widths[i], widths[i + 1])]
    return nn.Sequential(*parts)


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
