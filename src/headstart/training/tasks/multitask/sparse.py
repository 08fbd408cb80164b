"""Sparse features that the heads of several targets read, each through a map of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from headstart.core.contracts import Batch, Columns
from headstart.core.contracts.sparse import SparseInputs

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


class Together(SparseInputs):
    """The maps of all heads as one; their weights are those of the heads."""

    def __init__(self, parts: Sequence[SparseInputs]) -> None:
        super().__init__()
        self._parts = tuple(parts)  # a tuple is no module, so no weight is saved twice
        self.outputs = sum(part.outputs for part in parts)

    @property
    def single(self) -> SparseInputs:
        return self._parts[0]

    def inputs(self, columns: Columns) -> Columns:
        return self._parts[0].inputs(columns)

    def forward(self, batch: Batch) -> Tensor:
        return torch.cat([part(batch) for part in self._parts], -1)

    def rows(self, batch: Batch) -> csr_matrix:
        return self._parts[0].rows(batch)

    def weighed(self, rows: csr_matrix) -> csr_matrix:
        return next(iter([part.weighed(rows) for part in self._parts]))

    def weight(self) -> np.ndarray:
        return np.concatenate([part.weight() for part in self._parts], 1)

    def load(self, weight: np.ndarray) -> None:
        ends = np.cumsum([part.outputs for part in self._parts])[:-1]
        for part, own in zip(self._parts, np.split(weight, ends, 1), strict=True):
            part.load(own)

    def take_over(self, other: SparseInputs) -> None:
        for part in self._parts:
            part.take_over(other)
