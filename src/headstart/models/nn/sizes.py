"""Sizes that only show when a batch goes through: the width of summaries, the layout of places."""

from __future__ import annotations

import torch

from headstart.core.contracts import Backbone, Batch
from headstart.core.tokens import Tokens


def encoded(backbone: Backbone, ready: Batch) -> Tokens:
    """What the backbone makes of a ready batch, in eval mode, without gradients and without leaving a trace."""
    was_training = backbone.training
    backbone.eval()
    with torch.no_grad():
        tokens = backbone(ready)
    backbone.train(was_training)
    return tokens


def summary_width(backbone: Backbone, ready: Batch) -> int:
    """F of `backbone.summary`, [B, F]."""
    tokens = encoded(backbone, ready)
    with torch.no_grad():
        return backbone.summary(tokens).shape[1]
