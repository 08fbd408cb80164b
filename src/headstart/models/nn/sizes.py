"""Sizes that only show when a batch goes through: the width of summaries, the layout of places."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

from headstart.core.contracts import Backbone, Batch
from headstart.core.tokens import Tokens

Found = TypeVar("Found")


def summary_width(backbone: Backbone, ready: Batch) -> int:
    """F of `backbone.summary`, [B, F]."""
    return _tried(backbone, lambda: backbone.summary(backbone(ready))).shape[1]


def layout(backbone: Backbone, ready: Batch) -> tuple[int, ...]:
    """The grid of the places that `embed` makes."""
    return _tried(backbone, lambda: backbone.embed(ready)).grid


def outcome(backbone: Backbone, ready: Batch) -> Tokens:
    """What the backbone makes of a batch."""
    return _tried(backbone, lambda: backbone(ready))


def _tried(backbone: Backbone, trial: Callable[[], Found]) -> Found:
    """What comes out in eval mode, so that norms do not learn from the trial."""
    was_training = backbone.training
    backbone.eval()
    with torch.no_grad():
        found = trial()
    backbone.train(was_training)
    return found
