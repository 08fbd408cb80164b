"""Further cells of a table: what two numbers come to together."""

import numpy as np
import torch
from torch import Tensor, nn


class CellPairs(nn.Module):
    """Quotients, differences and sums of pairs of cells, behind the cells: [B, C] -> [B, C + 3 * pairs].

    A quotient by 0, and what is too large for float32, is missing. Fresh pairs are those of the first cell with itself.

    pairs  how many there are
    """

    chosen: Tensor  # int64 [pairs, 2]

    def __init__(self, pairs: int) -> None:
        super().__init__()
        self.register_buffer("chosen", torch.zeros(pairs, 2, dtype=torch.int64))

    def forward(self, cells: Tensor) -> Tensor:
        if not len(self.chosen):
            return cells
        one, other = (cells[:, side] for side in self.chosen.T)  # [B, pairs]
        made = torch.cat([one / other, one - other, one + other], 1)
        return torch.cat([cells, torch.where(torch.isfinite(made), made, torch.nan)], 1)

    @property
    def width(self) -> int:
        """How many cells it adds."""
        return 3 * len(self.chosen)

    def odd(self, cells: int) -> str:
        """What is wrong with pairs that came from a file, for rows of so many cells; "" for nothing."""
        return "the number of a column" if bool(((self.chosen < 0) | (self.chosen >= cells)).any()) else ""

    def load(self, pairs: np.ndarray) -> None:
        """Other pairs of cells, int64 [pairs, 2]."""
        self.chosen.copy_(torch.from_numpy(pairs))
