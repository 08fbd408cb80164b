"""The backbone of several small networks that share most of their weights, for tables."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.choice import Circumstances
from headstart.core.contracts.ranges import Positive, Share, Size
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.models.nn.cells import Cells, need_table
from headstart.models.nn.dropout import Dropout

_FEW, _MANY = 500, 2_000
"""Rows up to which and from which on dropout and the learning rate stay as they are."""


class Tabm(Backbone):
    """Members that share fully connected layers and differ in how much each cell counts; their answers are averaged.

    A table -> Tokens [B, 1, members * width] of grid (): the vectors of all members behind each other, each divided by
    their number. TabM-mini (Gorishniy et al., ICLR 2025): every cell is a vector (`Cells`), every member multiplies
    the cells by factors of its own, then come layers that all share. A linear head has weights for each member, and
    learns what each says alone. The factors begin around 1; with -1 and 1 as in the paper members learn more slowly
    (California housing, 20 epochs: RMSE 0.494, so 0.452).

    members  networks that answer together
    width    units of a layer
    depth    layers
    cell     width of the vector of a cell
    bins     of a number's rank
    differ   deviation of the factors
    dropout  share of the units left out in training
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"cells"})
    advice_scratch: ClassVar[Mapping[str, Any]] = {"plan.epochs": 20, "plan.batch": 256}

    def __init__(
        self,
        spec: Spec,
        *,
        members: Size = 8,
        width: Size = 160,
        depth: Size = 2,
        cell: Size = 16,
        bins: Size = 32,
        differ: Positive = 0.5,
        dropout: Share = 0.2,
    ) -> None:
        super().__init__()
        need_table(spec)
        self.members, self.width = members, members * width
        self.cells = Cells(spec, cell, bins)
        self.factors = _Factors(members, self.cells.count, differ)
        sizes = [self.cells.count * cell, *[width] * depth]
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(sizes[i], sizes[i + 1]), nn.ReLU(), Dropout(dropout)) for i in range(depth)
        )

    @classmethod
    def advised(cls, about: Circumstances, *, task: bool, pretrained: bool) -> Mapping[str, Any]:
        """Of fresh weights: the fewer rows the slower, and with more dropout, as what few rows say is mostly noise."""
        usual = super().advised(about, task=task, pretrained=pretrained)
        if not task or pretrained:
            return usual
        grown = math.log(min(_MANY, max(_FEW, about.rows)) / _FEW) / math.log(_MANY / _FEW)  # 0 to 1
        return {**usual, "plan.lr": round(1e-3 * 5**grown, 5), "backbone.dropout": round(0.5 - 0.3 * grown, 3)}

    def embed(self, batch: Batch) -> Tokens:
        x = self.cells(batch)  # [B, cells, cell]
        return Tokens.full(x, (x.shape[1],))

    def encode(self, tokens: Tokens) -> Tokens:
        x = self.factors(tokens.x).flatten(2)  # [B, members, cells * cell]
        for block in self.blocks:
            x = block(x)
        return Tokens.full(x.flatten(1)[:, None] / self.members, ())  # [B, 1, members * width]

    def layers(self) -> Sequence[nn.Module]:
        return [self.cells, self.factors, *self.blocks]

    def summary(self, tokens: Tokens) -> Tensor:
        return tokens.x[:, 0]


class _Factors(nn.Module):
    """How much each cell counts for each member. [B, cells, D] -> [B, members, cells, D]."""

    def __init__(self, members: int, cells: int, differ: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(1 + differ * torch.randn(members, cells, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x[:, None] * self.weight
