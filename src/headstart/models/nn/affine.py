"""Affine maps with the start that deep stacks of them need."""

from __future__ import annotations

from torch import nn


def linear(inputs: int, outputs: int) -> nn.Linear:
    """A linear map without bias that keeps half the scale of its input, so that a fresh row starts near its words."""
    made = nn.Linear(inputs, outputs, bias=False)
    nn.init.normal_(made.weight, std=0.5 * inputs**-0.5)
    return made
