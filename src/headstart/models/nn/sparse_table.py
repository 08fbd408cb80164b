"""A linear map of hashed features, of which a row has few."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SparseTable(nn.Module):
    """Numbers of features and their values -> the weighted sum of their rows in a table.

    ids int [..., M] in [0, features), -1 where a row has no more; values [..., M] -> [..., outputs]. A value counts
    times the `rarity` of its feature. Each block, `features / blocks` columns one behind the other, is brought to
    length 1 and then the row as a whole. Begins with zeros.
    """

    rarity: Tensor

    def __init__(self, features: int, outputs: int, *, blocks: int = 1) -> None:
        super().__init__()
        self.blocks = blocks
        self.weight = nn.Parameter(torch.zeros(features, outputs))
        self.register_buffer("rarity", torch.ones(features))

    def forward(self, ids: Tensor, values: Tensor) -> Tensor:
        *lead, most = ids.shape
        scaled = self._scaled(ids, values).reshape(-1, most)
        found = ids.clamp_min(0).reshape(-1, most)
        return F.embedding_bag(found, self.weight, per_sample_weights=scaled, mode="sum").reshape(*lead, -1)

    def load(self, weight: np.ndarray) -> None:
        """Put fitted weights [features, outputs] in."""
        with torch.no_grad():
            self.weight.copy_(torch.from_numpy(np.ascontiguousarray(weight, np.float32)))

    def _scaled(self, ids: Tensor, values: Tensor) -> Tensor:
        there = ids >= 0
        scaled = values * there * self.rarity[ids.clamp_min(0)]
        block = ids.clamp_min(0) // (len(self.weight) // self.blocks)
        squares = torch.zeros(*ids.shape[:-1], self.blocks, device=ids.device, dtype=scaled.dtype)
        lengths = squares.scatter_add(-1, block, scaled.square()).sqrt()  # [..., blocks]
        present = (lengths > 0).sum(-1, keepdim=True).clamp_min(1).sqrt()
        return scaled / (lengths.clamp_min(1e-12).gather(-1, block) * present)
