"""Decision trees as arrays, and the part of a network that holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from torch import Tensor

from headstart.core.contracts.types import Batch


@dataclass(frozen=True, slots=True)
class TreeArrays:
    """Trees [T] of so many nodes [N], each for one output; the first node is the root, and a leaf leads to itself.

    A cell that is missing goes left where `missing_left` says so; a category goes left where its bit in `bits` is set,
    any other cell where it is no larger than the threshold. `value` counts in leaves alone. `offset` [outputs] is what
    all trees of an output begin with, `levels` how many steps lead to the deepest leaf.
    """

    output: np.ndarray  # int64 [T]
    feature: np.ndarray  # int32 [T, N]
    threshold: np.ndarray  # float32 [T, N]
    missing_left: np.ndarray  # bool [T, N]
    left: np.ndarray  # int16 [T, N]
    right: np.ndarray  # int16 [T, N]
    value: np.ndarray  # float32 [T, N]
    by_bits: np.ndarray  # bool [T, N]
    bits: np.ndarray  # int64 [T, N, 4]
    offset: np.ndarray  # float32 [outputs]
    levels: int


class Grown(Protocol):
    """What a network with trees says of them, and how they come into it.

    outputs     numbers that its summary begins with, the sums of the leaves; behind them is what linear models read
    trees       trees of one output, at most
    leaves, depth, rate, least   bounds of a tree, the share of each that counts, and rows of a leaf, at least
    looked      share of the columns that each division of rows is chosen from
    categories  cells that are codes of categories; they come first
    paired      numbers of which each two may be a pair, whose cells come behind the others
    """

    outputs: int
    trees: int
    leaves: int
    depth: int
    rate: float
    least: int
    looked: float
    categories: int
    paired: int

    def cells(self, batch: Batch) -> Tensor:
        """What trees see of ready rows, [B, cells], NaN where a cell is missing."""
        ...

    def more(self, cells: Tensor) -> Tensor:
        """Cells [B, cells], and behind them those of pairs."""
        ...

    def load_pairs(self, pairs: np.ndarray) -> None:
        """Put chosen pairs of cells, int64 [pairs, 2], in place of those there were."""
        ...

    def load_trees(self, trees: TreeArrays) -> None:
        """Put grown trees in place of those there were."""
        ...
