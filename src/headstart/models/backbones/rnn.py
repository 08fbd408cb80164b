"""The recurrent backbone: a memory that reads from left to right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch
from headstart.core.tokens import Tokens
from headstart.models.nn.dropout import Dropout
from headstart.models.nn.embedding import Words, vocabulary_of


class Rnn(Backbone):
    """Stacked LSTM or GRU over token ids, from left to right; the last layer is as wide as the embedding.

    x int [B, T], keep [B, T] -> Tokens [B, T, width] of grid (T,). Its summary is the last state beside the mean
    and the maximum over the row, [B, 3 * width] (Howard and Ruder 2018, section 3.3). Documents of a packed row
    share a memory: the mark between them is all that tells it of the change.
    """

    causal: ClassVar[bool] = True
    advice: ClassVar[Mapping[str, Any]] = {
        "plan.lr": 2e-3, "plan.batch": 32, "plan.warmup": 0.1, "plan.beta2": 0.98, "plan.schedule": "linear",
        "plan.check": 0.1,
    }  # fmt: skip
    advice_tuned: ClassVar[Mapping[str, Any]] = {"plan.lr": 1e-3, "plan.epochs": 5}

    def __init__(
        self,
        facts: Mapping[str, int],
        *,
        cell: Literal["lstm", "gru"] = "lstm",
        width: int = 256,
        hidden: int = 512,
        depth: int = 2,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.width = width
        self.words = Words(vocabulary_of(facts), width)
        kind = nn.LSTM if cell == "lstm" else nn.GRU
        sizes = [width, *[hidden] * (depth - 1), width]
        self.cells = nn.ModuleList(kind(a, b, batch_first=True) for a, b in pairwise(sizes))
        self.drop = Dropout(dropout)

    def embed(self, batch: Batch) -> Tokens:
        ids = batch["x"]
        return Tokens(self.drop(self.words(ids)), batch["keep"], (ids.shape[1],), part=batch.get("part"))

    def encode(self, tokens: Tokens) -> Tokens:
        x = tokens.x  # padding lies behind a row, so that no memory has read it where it counts
        for cell in self.cells:
            x = self.drop(cell(x)[0])
        return tokens.with_x(x)

    def advance(self, x: Tensor, memory: Any) -> tuple[Tensor, Any]:
        """`memory`: the state of every layer."""
        states, after = self.drop(self.words(x)), []
        for cell, state in zip(self.cells, memory or [None] * len(self.cells), strict=True):
            states, state = cell(states, state)
            states = self.drop(states)
            after.append(state)
        return states, after

    def layers(self) -> Sequence[nn.Module]:
        return [self.words, *self.cells]

    def vocabulary(self) -> Tensor:
        return self.words.weight

    def summary(self, tokens: Tokens) -> Tensor:
        b, n, _ = tokens.x.shape
        last = (tokens.keep * torch.arange(1, n + 1, device=tokens.keep.device)).argmax(1)  # [B] last kept place
        highest = tokens.x.masked_fill(~tokens.keep[..., None], -torch.inf).amax(1)  # [B, width]
        return torch.cat([tokens.x[torch.arange(b), last], tokens.pooled(), highest], 1)
