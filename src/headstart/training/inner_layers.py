"""What a head on whole rows reads of a network: its summary, and with it, where they are wanted, the inner layers."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from headstart.core.contracts import Backbone, Batch
from headstart.models.nn.sizes import trying


def row_vectors(backbone: Backbone, ready: Batch, *, layers: bool) -> Tensor:
    """One vector a row, [B, F]: the summary alone, or behind the means over the places of every inner layer.

    Each layer is brought to length 1, since some are a hundred times as long as others; a linear head weighs them.
    """
    if not layers:
        return backbone.summary(backbone(ready))
    inner, last = backbone.depths(ready)
    parts = [*(tokens.pooled() for tokens in inner), backbone.summary(last)]
    return torch.cat([functional.normalize(part.float(), dim=1) for part in parts], 1)


def vector_width(backbone: Backbone, ready: Batch, *, layers: bool) -> int:
    """F of them."""
    with trying(backbone):
        return row_vectors(backbone, ready, layers=layers).shape[1]
