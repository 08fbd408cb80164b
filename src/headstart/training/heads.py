"""Heads: what a task puts on a backbone's summary vector."""

import torch
from torch import nn

from headstart.core.contracts import Augment, Backbone, Batch
from headstart.core.contracts.probe import LinearFit
from headstart.core.errors import RecipeError


def summary_width(backbone: Backbone, sample: Batch, augment: Augment) -> int:
    """F of the backbone's summary [B, F], by asking it once."""
    mode, augmenting = backbone.training, augment.training
    backbone.eval()
    augment.eval()
    with torch.no_grad():
        width = backbone.summary(backbone(augment(sample))).shape[-1]
    backbone.train(mode)
    augment.train(augmenting)
    return width


def build_head(
    backbone: Backbone, sample: Batch, augment: Augment, outputs: int, *, hidden: int, dropout: float
) -> nn.Module:
    """A head on the backbone's summary."""
    return layered(summary_width(backbone, sample, augment), outputs, hidden=hidden, dropout=dropout)


def layered(width: int, outputs: int, *, hidden: int, dropout: float) -> nn.Module:
    """Linear, or one hidden layer; starts at zero outputs, so that the first loss is that of knowing nothing."""
    last = nn.Linear(hidden or width, outputs)
    nn.init.zeros_(last.bias)
    nn.init.zeros_(last.weight) if not hidden else nn.init.trunc_normal_(last.weight, std=0.02)
    if not hidden and not dropout:
        return last
    inner = [nn.Linear(width, hidden), nn.GELU()] if hidden else []
    return nn.Sequential(*inner, nn.Dropout(dropout), last)


def set_linear(head: nn.Module, fit: LinearFit) -> None:
    """Put a fitted linear model into a linear layer; RecipeError if the head is another kind of module."""
    if not isinstance(head, nn.Linear):
        fix = "set task.hidden=0 and task.dropout=0"
        raise RecipeError(210, "only a linear head can be fitted in closed form", found=type(head).__name__, fix=fix)
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(fit.weight.T.copy()))
        head.bias.copy_(torch.from_numpy(fit.bias.copy()))
