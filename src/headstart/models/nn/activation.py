"""Activations by the names that recipes use."""

from typing import Literal

from torch import nn

Activation = Literal["relu", "gelu", "tanh"]


def activation(name: Activation) -> nn.Module:
    """A fresh activation module."""
    if name == "relu":
        return nn.ReLU(inplace=True)
    if name == "gelu":
        return nn.GELU()
    return nn.Tanh()
