"""Rows whose near hashes differ in a few bits: candidates for a closer look, found without comparing all with all.

Sorted neighbourhoods (Hernandez and Stolfo 1995): the hashes are sorted once for each rotation of their bits, and each
is compared with the few behind it. A pair of hashes with a few differing bits shares its leading bits in some rotation.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_WINDOW = 8
_ROTATIONS = 8


def candidates(hashes: np.ndarray, bits: int) -> np.ndarray:
    """Pairs of rows whose 64-bit hashes differ in at most `bits` bits. uint64 [n] -> int64 [p, 2], ascending."""
    found: list[np.ndarray] = []
    for turn in range(0, 64, 64 // _ROTATIONS):
        rotated = (hashes << np.uint64(turn)) | (hashes >> np.uint64((64 - turn) % 64)) if turn else hashes
        order = np.argsort(rotated, kind="stable")
        found += _neighbours(hashes[order], order, bits)
    pairs = np.concatenate(found) if found else np.empty((0, 2), np.int64)
    pairs.sort(axis=1)
    return np.unique(pairs, axis=0)


def _neighbours(ordered: np.ndarray, order: np.ndarray, bits: int) -> Sequence[np.ndarray]:
    found = []
    for step in range(1, min(_WINDOW, len(ordered) - 1) + 1):
        close = np.flatnonzero(np.bitwise_count(ordered[step:] ^ ordered[:-step]) <= bits)
        found.append(np.stack([order[close], order[close + step]], 1))
    return found


def families(count: int, pairs: np.ndarray) -> np.ndarray:
    """The first row of the family each row belongs to, where pairs [p, 2] are related. -> int64 [count]."""
    head = np.arange(count)

    def root(row: int) -> int:
        while head[row] != row:
            head[row] = head[head[row]]
            row = int(head[row])
        return row

    for one, two in pairs:
        a, b = root(int(one)), root(int(two))
        head[max(a, b)] = min(a, b)
    return np.array([root(row) for row in range(count)], np.int64) if len(pairs) else head
