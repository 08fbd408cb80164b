"""Activations by the names that recipes use."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

Activation = Literal["relu", "gelu", "tanh", "triangle"]


class Triangle(nn.Module):
    """Keep only what answers above the average of all channels: max(0, a_k - mean a), a [B, D, H, W].

    With a_k = -|patch - centre_k|^2 this is the triangle code of Coates, Lee and Ng (AISTATS 2011, section 3.2.3) on
    squared distances: the patch's own norm is the same in every channel and falls out of the difference.
    """

    def forward(self, a: Tensor) -> Tensor:
        # in place, because k-means networks have thousands of channels: one map of 256 rows is a gigabyte
        return (a - a.mean(1, keepdim=True)).relu_()


def activation(name: Activation) -> nn.Module:
    """A fresh activation module."""
    if name == "relu":
        return nn.ReLU(inplace=True)
    if name == "gelu":
        return nn.GELU()
    if name == "tanh":
        return nn.Tanh()
    return Triangle()
