"""Cells of tables as vectors."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from headstart.core.contracts import Batch
from headstart.core.contracts.spec import Spec
from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import ContractError
from headstart.models.nn.dropout import Dropout
from headstart.models.nn.patches import readers_of


def need_table(spec: Spec) -> None:
    """ContractError for data that are no tables."""
    if spec.layout != "cells":
        found, fix = f"data of layout {spec.layout}", f"use {readers_of(spec.layout)}"
        raise ContractError(733, "this backbone reads tables", found=found, fix=fix)


class Cells(nn.Module):
    """One vector a cell, categories first: a ready batch of layout cells -> [B, cells, width].

    A category has a vector for each code. The rank of a number among train rows is cut into bins; the bins below it
    count whole, its own in part, and their vectors are added and bent by ReLU (piecewise-linear embeddings, Gorishniy
    et al., NeurIPS 2022). A missing number has a vector of its own. Where a modality gives no ranks, its numbers are
    ranked as if they were of a normal distribution.

    bins  of each number
    """

    def __init__(self, spec: Spec, width: int, bins: int) -> None:
        super().__init__()
        sizes = spec.sizes
        self.categories, self.codes = sizes.get("categories", 0), sizes.get("codes", 0)
        self.count, self.width, self.bins = sizes.get("cells", sizes["columns"]), width, bins
        numbers = self.count - self.categories
        self.words = nn.Embedding(self.categories * self.codes, width) if self.categories else None
        if self.words is not None:
            nn.init.normal_(self.words.weight, std=0.25)
        self.weight = nn.Parameter(torch.randn(numbers, bins + 1, width) * bins**-0.5) if numbers else None
        self.bias = nn.Parameter(torch.zeros(numbers, 1, width)) if numbers else None

    def forward(self, batch: Batch) -> Tensor:
        parts = list[Tensor]()
        if self.words is not None:
            codes = batch["cells"][:, : self.categories].clamp(0, self.codes - 1).long()  # [B, categories]
            begins = torch.arange(self.categories, device=codes.device) * self.codes
            parts.append(self.words(codes + begins))
        if self.weight is not None:
            parts.append(self._numbers(batch["ranks"] if "ranks" in batch else _as_normal(batch["x"])))
        return torch.cat(parts, 1)

    def _numbers(self, ranks: Tensor) -> Tensor:
        """Ranks [B, numbers] -> [B, numbers, width]."""
        assert self.weight is not None
        assert self.bias is not None
        missing = torch.isnan(ranks)
        place = ranks.masked_fill(missing, 0.0).T[..., None] * self.bins  # [numbers, B, 1]
        passed = (place - torch.arange(self.bins, device=place.device)).clamp(0, 1)  # [numbers, B, bins]
        known = torch.cat([passed, missing.T[..., None].to(passed.dtype)], 2)
        return functional.relu(torch.baddbmm(self.bias, known, self.weight)).transpose(0, 1)


class CellTokens(nn.Module):
    """Cells as places of a transformer: their vectors, mapped once more. A ready batch -> Tokens [B, cells, D]."""

    def __init__(self, spec: Spec, width: int, bins: int, dropout: float) -> None:
        super().__init__()
        self.cells = Cells(spec, width, bins)
        self.column = nn.Parameter(torch.randn(self.cells.count, width) * 0.25)
        self.drop = Dropout(dropout)

    def forward(self, batch: Batch) -> Tokens:
        x = self.drop(self.cells(batch) + self.column)
        return Tokens.full(x, (x.shape[1],))


def _as_normal(x: Tensor) -> Tensor:
    """Numbers of mean 0 and deviation 1 -> their ranks, if they are of a normal distribution."""
    return 0.5 * (1 + torch.erf(x / math.sqrt(2)))
