"""Moments of rows: what is said at each of them, and whether a row has enough of them for its transcript."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from headstart.core.contracts import Augment, Backbone, Batch, Row
from headstart.core.errors import DataError
from headstart.data.storage.gather import MemoryRows
from headstart.models.nn.sizes import trying
from headstart.models.nn.time_axis import over_time
from headstart.models.nn.two_way import TwoWay
from headstart.training.tasks.transcribe.decoding import BLANK


class MomentHead(nn.Module):
    """Vectors of moments [B, T, F] and how many are there [B] -> log-probabilities [B, T, K], float32."""

    def __init__(self, width: int, outputs: int, *, memory: int, dropout: float) -> None:
        super().__init__()
        self.norm, self.drop = nn.LayerNorm(width), nn.Dropout(dropout)
        self.memory = TwoWay(width, memory) if memory else None
        self.last = nn.Linear(2 * memory or width, outputs)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, features: Tensor, moments: Tensor) -> Tensor:
        keep = torch.arange(features.shape[1], device=features.device) < moments[:, None]
        x = self.drop(self.norm(features))
        if self.memory is not None:
            x = self.drop(self.memory(x, keep))
        scores = self.last(x).float().log_softmax(2)
        silent = torch.full_like(scores[0, 0], -1e4)
        silent[BLANK] = 0.0
        return torch.where(keep[..., None], scores, silent)


class Moments:
    """How many moments rows have, asked of as few rows as need it: those no shorter than one that has enough do."""

    def __init__(self, augment: Augment, count: Callable[[Batch], int]) -> None:
        self._augment, self._count = augment, count
        self._known: list[tuple[int, int]] = []

    def check(self, row: Row, needed: int, where: str) -> None:
        """DataError for a row with fewer moments than its transcript needs."""
        modality = self._augment.modality
        length = max(value.shape[-1] if value.ndim else 1 for value in row.values())
        if any(size <= length and moments >= needed for size, moments in self._known):
            return
        batch = modality.collate(MemoryRows(modality, [dict(row)]).feed(np.arange(1)))
        moments = self._count(modality.ready(batch))
        self._known.append((length, moments))
        if moments < needed:
            fix = "use a network that shrinks time less, e.g. backbone.channels=[32,64], or drop the row"
            raise DataError(
                509, "the transcript is longer than the recording has room for", where=where,
                found=f"{needed} letters in {moments} moments", expected="at least a moment a letter", fix=fix,
            )  # fmt: skip


def moments_of(backbone: Backbone, ready: Batch) -> int:
    """How many moments the rows of a ready batch have together."""
    device = next(iter(backbone.parameters())).device
    there = {name: tensor.to(device) for name, tensor in ready.items()}
    with trying(backbone):
        return int(over_time(backbone(there), there)[1].sum())
