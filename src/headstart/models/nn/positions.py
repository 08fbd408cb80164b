"""Where a place is, as a vector."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def sincos(grid: Sequence[int], width: int) -> Tensor:
    """Fixed sines and cosines of every coordinate, [places, width]; the width is shared out evenly over the axes.

    Wavelengths run from 2 pi to 10 000 * 2 pi (Vaswani et al. 2017, section 3.5). What does not divide stays 0.
    """
    each = width // (2 * len(grid))
    rates = 10_000.0 ** -(torch.arange(each) / max(each, 1))  # [each]
    axes = torch.meshgrid(*(torch.arange(side, dtype=torch.float32) for side in grid), indexing="ij")
    parts: list[Tensor] = []
    for axis in axes:
        angles = axis.reshape(-1, 1) * rates  # [places, each]
        parts += [angles.sin(), angles.cos()]
    places = torch.cat(parts, 1)
    return torch.nn.functional.pad(places, (0, width - places.shape[1]))  # [places, width]
