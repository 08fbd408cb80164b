"""Sizes that only show when a batch goes through: the width of summaries, the layout of places."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.tokens import Tokens


def summary_width(backbone: Backbone, ready: Batch) -> int:
    """F of `backbone.summary`, [B, F]."""
    with trying(backbone):
        return backbone.summary(backbone(ready)).shape[1]


def layout(backbone: Backbone, ready: Batch) -> tuple[int, ...]:
    """The grid of the places that `embed` makes."""
    with trying(backbone):
        return backbone.embed(ready).grid


def outcome(backbone: Backbone, ready: Batch) -> Tokens:
    """What the backbone makes of a batch."""
    with trying(backbone):
        return backbone(ready)


@contextmanager
def trying(backbone: Backbone) -> Iterator[None]:
    """In eval mode, so that norms do not learn from the trial, and without gradients."""
    was_training = backbone.training
    backbone.eval()
    with torch.no_grad():
        yield
    backbone.train(was_training)
