"""Counter-based randomness: every number is a pure function of its keys, independent of batch, worker and world size.

The mixer is SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), written on int64 tensors, whose arithmetic wraps.
"""

import torch
from torch import Tensor

_GOLDEN = -7046029254386353131  # 0x9E3779B97F4A7C15 as a signed 64-bit number
_MIX1 = -4658895280553007687  # 0xBF58476D1CE4E5B9
_MIX2 = -7723592293110705685  # 0x94D049BB133111EB
_ALL = (1 << 64) - 1


def _shift(x: Tensor, bits: int) -> Tensor:
    """Logical right shift of int64."""
    return (x >> bits) & ((1 << (64 - bits)) - 1)


def mix(x: Tensor) -> Tensor:
    """Scramble int64 values, one to one."""
    x = x + _GOLDEN
    x = (x ^ _shift(x, 30)) * _MIX1
    x = (x ^ _shift(x, 27)) * _MIX2
    return x ^ _shift(x, 31)


def mix_number(number: int) -> int:
    """`mix` of a single number, without the dozen kernels that a tensor needs (0.1 ms)."""
    x = (number + _GOLDEN) & _ALL
    x = ((x ^ (x >> 30)) * _MIX1) & _ALL
    x = ((x ^ (x >> 27)) * _MIX2) & _ALL
    x ^= x >> 31
    return x - (1 << 64) if x >> 63 else x


def keys(seed: int, epoch: int, index: Tensor) -> Tensor:
    """The key of every row of an epoch. index [B] int64 -> [B] int64."""
    return mix(mix_number(mix_number(seed) + epoch) + index)


def uniform(key: Tensor, count: int, stream: int = 0) -> Tensor:
    """[B, count] float32 in [0, 1) for key [B]; another `stream` gives independent numbers."""
    base = mix(key + mix_number(stream))  # [B]
    bits = mix(base[:, None] + torch.arange(count, device=key.device))  # [B, count]
    return _shift(bits, 40).to(torch.float32) * (1.0 / (1 << 24))


def normal(key: Tensor, count: int, stream: int = 0) -> Tensor:
    """[B, count] float32 from the standard normal distribution (Box and Muller 1958)."""
    u = uniform(key, 2 * count, stream)  # [B, 2 * count]
    radius = (-2.0 * torch.log1p(-u[:, :count])).sqrt()
    return radius * torch.cos(2.0 * torch.pi * u[:, count:])
