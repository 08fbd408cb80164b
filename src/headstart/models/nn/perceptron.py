"""Affine maps one behind the other, and what stands between them."""

from collections.abc import Callable, Sequence
from typing import Literal

from torch import nn

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
