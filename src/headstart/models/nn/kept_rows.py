"""Labelled rows that are kept with a model."""

import numpy as np
import torch
from torch import Tensor, nn


class KeptRows(nn.Module):
    """Room for so many rows: their cells, NaN where one is missing, and their targets; none at first.

    cells [rows, cells], targets [rows, targets], count [1] of rows that are kept.
    """

    cells: Tensor
    targets: Tensor
    count: Tensor

    def __init__(self, rows: int, cells: int, targets: int) -> None:
        super().__init__()
        self.register_buffer("cells", torch.zeros(rows, cells))
        self.register_buffer("targets", torch.zeros(rows, targets))
        self.register_buffer("count", torch.zeros(1, dtype=torch.int64))

    def load(self, cells: np.ndarray, targets: np.ndarray) -> None:
        """Rows [n, cells] and targets [n] or [n, targets], in place of those there were."""
        rows = len(cells)
        assert rows <= len(self.cells), "more rows than there is room for"
        with torch.no_grad():
            self.cells.zero_()
            self.targets.zero_()
            self.cells[:rows] = torch.from_numpy(np.asarray(cells, np.float32)).to(self.cells)
            self.targets[:rows] = torch.from_numpy(np.asarray(targets, np.float32).reshape(rows, -1)).to(self.targets)
            self.count.fill_(rows)

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Cells [n, cells] and targets [n, targets] of the rows that are kept."""
        rows = int(self.count)
        return self.cells[:rows].cpu().numpy(), self.targets[:rows].cpu().numpy()

    def odd(self, classes: int) -> str:
        """What is wrong with rows that came from a file, whose targets are numbers of so many classes (0: any numbers);
        "" for sound ones."""
        rows = int(self.count)
        if not 0 <= rows <= len(self.cells):
            return f"{rows:,} rows, where there is room for {len(self.cells):,}"
        targets = self.targets[:rows]
        numbers = torch.isin(targets, torch.arange(classes, device=targets.device).to(targets)) if classes else None
        return next((what for what, odd in {
            "a cell that is infinite": bool(torch.isinf(self.cells[:rows]).any()),
            "a target that is not finite": not bool(torch.isfinite(targets).all()),
            "a target that is no class": numbers is not None and not bool(numbers.all()),
        }.items() if odd), "")  # fmt: skip
