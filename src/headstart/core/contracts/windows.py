"""How rows that are longer than a model reads are cut."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np


class Windows(Protocol):
    """Windows of `length` places, one every `stride` places, are rows of their own."""

    length: int
    stride: int

    def cut(self, columns: Mapping[str, np.ndarray], rows: np.ndarray, starts: np.ndarray) -> dict[str, np.ndarray]:
        """One window each: `length` places (or what is left) of columns' row `rows` [B] from place `starts` [B] on."""
        ...
