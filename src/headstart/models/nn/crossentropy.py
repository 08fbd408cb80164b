"""Cross entropy over a large vocabulary, without ever holding all its logits."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

_VALUES = 2 << 20  # logits held at once: 8 MB; measured in docs/decisions.md


class _LinearCrossEntropy(torch.autograd.Function):
    """Loss and gradients in one sweep over pieces of the rows: their logits are used up while they are in cache."""

    @staticmethod
    def forward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, target: Tensor, share: Tensor
    ) -> tuple[Tensor, Tensor]:
        n, _ = x.shape
        half = torch.get_autocast_dtype(x.device.type) if torch.is_autocast_enabled(x.device.type) else torch.float32
        words = weight.to(half)
        wanted = any(ctx.needs_input_grad)
        to_x, to_weight, to_bias = torch.empty_like(x), torch.zeros_like(weight), torch.zeros(len(weight)).to(weight)
        losses = x.new_empty(n, dtype=torch.float32)
        step = max(1, _VALUES // len(weight))
        for start in range(0, n, step):
            part = slice(start, start + step)
            rows, right = x[part].to(half), target[part, None]
            logits = (rows @ words.T).float()  # [step, V]
            if bias is not None:
                logits += bias
            wished = logits.gather(1, right)
            # one exponential serves the loss and the softmax: logsumexp would make its own, and a copy to make it from
            most = logits.amax(1, keepdim=True)
            shares = logits.sub_(most).exp_()
            total = shares.sum(1, keepdim=True)
            losses[part] = (total.log() + most - wished)[:, 0]
            if not wanted:
                continue
            weights = share[part, None].to(total.dtype)
            shares.mul_(weights / total).scatter_add_(1, right, -weights)  # the softmax, then the gradient
            if bias is not None:
                to_bias += shares.sum(0)
            shares = shares.to(half)
            to_x[part] = (shares @ words).to(x.dtype)
            if half == torch.float32:
                to_weight.addmm_(shares.T, rows)
            else:
                to_weight += shares.T @ rows
        ctx.save_for_backward(to_x, to_weight, to_bias if bias is not None else None)
        ctx.mark_non_differentiable(losses)
        return (losses * share).sum(), losses  # a product of vectors would be rounded to 16 bits under autocast

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        to_x, to_weight, to_bias = ctx.saved_tensors
        if not bool(grad == 1):
            to_x, to_weight = to_x * grad, to_weight * grad
            to_bias = None if to_bias is None else to_bias * grad
        return to_x, to_weight, to_bias, None, None


def linear_cross_entropy(
    x: Tensor, weight: Tensor, bias: Tensor | None, target: Tensor, share: Tensor
) -> tuple[Tensor, Tensor]:
    """Cross entropy of logits x @ weight.T + bias against target ids, weighted by `share`, and that of every row.

    x [n, D], weight [V, D], bias [V] or None, target [n] int64, share [n] float that sums to 1 -> scalar, [n] (without
    gradient).
    """
    return _LinearCrossEntropy.apply(x, weight, bias, target, share)  # pyright: ignore[reportReturnType]


def even_shares(rows: Tensor, count: int) -> Tensor:
    """Weights of places, so that the loss is the mean over rows of each row's mean. rows [n] int64, of `count` rows."""
    each = torch.bincount(rows, minlength=count)
    return 1.0 / (each[rows] * (each > 0).sum())
