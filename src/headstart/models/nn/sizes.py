"""Sizes that only show when a batch goes through: the width of summaries, the layout of places."""

from __future__ import annotations

import torch

from headstart.core.contracts import Backbone, Batch


def summary_width(backbone: Backbone, ready: Batch) -> int:
    """F of `backbone.summary`, [B, F]. In eval mode, so that norms do not learn from the trial."""
    was_training = backbone.training
    backbone.eval()
    with torch.no_grad():
        width = backbone.summary(backbone(ready)).shape[1]
    backbone.train(was_training)
    return width


def layout(backbone: Backbone, ready: Batch) -> tuple[int, ...]:
    """The grid of the places that `embed` makes. In eval mode, so that norms do not learn from the trial."""
    was_training = backbone.training
    backbone.eval()
    with torch.no_grad():
        grid = backbone.embed(ready).grid
    backbone.train(was_training)
    return grid
