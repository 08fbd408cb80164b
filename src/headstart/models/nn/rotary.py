"""Rotary positions: queries and keys are turned by an angle that grows with their place (Su et al. 2021)."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from headstart.core.errors import ContractError
from headstart.models.nn.attention import attend


def turns(places: int, width: int, base: float, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosines and sines of every place, [places, width / 2] each."""
    rates = base ** -(torch.arange(0, width, 2, device=device, dtype=torch.float32) / width)  # [width / 2]
    angles = torch.arange(places, device=device, dtype=torch.float32)[:, None] * rates
    return angles.cos(), angles.sin()


def turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """x [..., places, width] turned by the angles of its places, the first half of a vector with its second."""
    return _Turn.apply(x, cos.to(x.dtype), sin.to(x.dtype))  # pyright: ignore[reportReturnType]


class _Turn(torch.autograd.Function):
    """Three passes over the values, and back with the opposite angle; written plainly it takes five and keeps all."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx.save_for_backward(cos, sin)
        return _rotate(x, cos, sin, 1.0)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        cos, sin = ctx.saved_tensors
        return _rotate(grad, cos, sin, -1.0), None, None


def _rotate(x: Tensor, cos: Tensor, sin: Tensor, sign: float) -> Tensor:
    half = x.shape[-1] // 2
    first, second = x[..., :half], x[..., half:]
    # written into views of one result instead, torch.compile fails
    turned_first = (first * cos).addcmul_(second, sin, value=-sign)
    return torch.cat([turned_first, (second * cos).addcmul_(first, sin, value=sign)], -1)


def attend_turned(qkv: Tensor, heads: int, cos: Tensor, sin: Tensor, bias: Tensor | None) -> Tensor:
    """Attention of queries and keys turned by their places; [B, N, 3 * D] -> [B, N, D]."""
    b, n, width = qkv.shape
    parts = qkv.view(b, n, 3, heads, width // (3 * heads)).permute(2, 0, 3, 1, 4)
    query, key = turned(parts[:2], cos, sin).unbind(0)  # [B, heads, N, d] each
    return attend(query, key, parts[2], bias).transpose(1, 2).reshape(b, n, width // 3)


def head_width(width: int, heads: int) -> int:
    """Width of one head; ContractError where it cannot be turned."""
    if width % heads or width // heads % 2:
        found, fix = f"{heads} heads for width {width}", "use one head per 64 of the width"
        raise ContractError(
            208, "the width of a head must be an even whole number", where="backbone.heads", found=found, fix=fix
        )
    return width // heads
