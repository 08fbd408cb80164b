"""How rows that are longer than a model reads are cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from headstart.core.contracts import Columns


class Windows(Protocol):
    """Windows of `length` places, one every `stride` places, are rows of their own."""

    length: int
    stride: int

    def cut(self, columns: Columns, rows: np.ndarray, starts: np.ndarray) -> Columns:
        """One window each: `length` places (or what is left) of columns' row `rows` [B] from place `starts` [B] on."""
        ...
