"""What the contracts pass on: examples, columns, batches."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from torch import Tensor

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Example = Mapping[str, Any]
"""One raw record: {"input": what the modality reads, "label": ..., "origin": "cats/0031.jpg", "split": "train"}."""

Columns = dict[str, np.ndarray]
"""Rows taken from the store, one array a column, first axis the row."""

Row: TypeAlias = Mapping[str, np.ndarray]
"""One stored row, without row axis."""

Batch = dict[str, Tensor]
"""What one step sees: {"x": [B, ...], "keep": [B, T], "y": ..., "key": [B] int64 randomness of each row}."""

ReadOn: TypeAlias = Callable[[Tensor, Any], tuple[Tensor, Any]]
"""Token ids [B, t] and a memory of those before them -> states [B, t, D] and the memory after them."""

Ahead: TypeAlias = Callable[[Batch, int, Sequence[float]], Tensor]
"""A ready batch of windows of series, the number of steps, and levels -> quantiles of what comes next at these levels,
[B, levels, steps], in the unit of what is forecast."""

Plain: TypeAlias = "np.ndarray | csr_matrix"
"""What a simple model learns from, [n, F]: an array, or a sparse matrix where nearly all of it is 0."""

IGNORED = -100
"""Target where there is nothing to say: what shorter rows of targets are filled up with."""
