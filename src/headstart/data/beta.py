"""Shares drawn from Beta(alpha, alpha), by which rows are mixed in pairs."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

_GRID = 1024  # steps of a table of quantiles; between them it is linear


@cache
def table(alpha: float) -> np.ndarray:
    """Where Beta(alpha, alpha) has 0, 1, ... of _GRID parts behind it, [_GRID + 1]."""
    from scipy.special import betaincinv

    return betaincinv(alpha, alpha, np.linspace(0, 1, _GRID + 1)).astype(np.float32)


def quantiles(alpha: float, u: Tensor) -> Tensor:
    """Shares [B] by the inverse distribution function of u [B] in [0, 1): rejection would need no fixed count of
    numbers."""
    known = u.new_tensor(table(alpha))
    place = u * _GRID
    below = place.floor().long()
    return torch.lerp(known[below], known[below + 1], place - below)
