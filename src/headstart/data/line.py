"""Rows as an endless line of permutations, of which every step takes the next piece: a pure function of (seed, step).

Step s takes places s*B ... s*B + B - 1 of the line, so every row comes exactly once an epoch.

Sequences of differing length are padded to the longest of their batch. So that this is little, POOL batches at a time
are sorted by length, cut, and put back into a random order: a function of (seed, step) again.
"""

import numpy as np
import torch
from torch import Tensor

from headstart.core import random

POOL = 50  # batches sorted by length together; AG News at 64 rows a batch: 45 % padding unsorted, 1.4 % so


def permutation(seed: int, epoch: int, rows: int) -> np.ndarray:
    """The order of one epoch, [rows] int64."""
    key = np.array([seed & (2**64 - 1), epoch], np.uint64)
    return np.random.Generator(np.random.Philox(key=key)).permutation(rows)


def ascending(lengths: np.ndarray) -> Tensor:
    """Places in the order of these lengths."""
    return torch.from_numpy(np.argsort(lengths, kind="stable"))


class Line:
    """Some rows [n] int64, `size` of them a step. lengths: of every row there is, not only of these; None if equal."""

    def __init__(self, rows: np.ndarray, size: int, seed: int, lengths: np.ndarray | None) -> None:
        self.size, self._rows, self._seed, self._lengths = size, torch.from_numpy(rows), seed, lengths
        self._epoch, self._pool, self._sorted = -1, -1, list[tuple[Tensor, Tensor]]()
        self._order, self._keys = torch.empty(0, dtype=torch.int64), torch.empty(0, dtype=torch.int64)

    def at(self, step: int) -> tuple[Tensor, Tensor]:
        """Row numbers [size] and keys [size] of one step."""
        if self._lengths is None:
            return self._places(step * self.size, self.size)
        count = max(1, min(POOL, len(self._rows) // self.size))
        pool, place = divmod(step, count)
        if pool != self._pool:
            index, key = self._places(pool * count * self.size, count * self.size)
            order = ascending(self._lengths[index.numpy()])
            pieces = list(zip(index[order].split(self.size), key[order].split(self.size), strict=True))
            self._sorted = [pieces[i] for i in permutation(~self._seed, pool, count)]
            self._pool = pool
        return self._sorted[place]

    def _places(self, place: int, count: int) -> tuple[Tensor, Tensor]:
        """Row numbers and keys of `count` places of the endless line."""
        epoch, offset = divmod(place, len(self._rows))
        self._open(epoch)
        index, key = self._order[offset : offset + count], self._keys[offset : offset + count]
        missing = count - len(index)
        if missing:
            more_index, more_key = self._places((epoch + 1) * len(self._rows), missing)
            index, key = torch.cat([index, more_index]), torch.cat([key, more_key])
        return index, key

    def _open(self, epoch: int) -> None:
        if epoch == self._epoch:
            return
        self._order = self._rows[torch.from_numpy(permutation(self._seed, epoch, len(self._rows)))]
        self._keys = random.keys(self._seed, epoch, self._order)
        self._epoch = epoch
