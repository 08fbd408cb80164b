"""Rows whose near hashes differ in a few bits: candidates for a closer look, found without comparing all with all.

Sorted neighbourhoods (Hernandez and Stolfo 1995): the hashes are sorted by rotations of each of their words, and each
is compared with the few behind it. Two hashes with few differing bits share their leading bits in some rotation.
"""

import numpy as np

_WINDOW = 8
_ROTATIONS = 4


def candidates(hashes: np.ndarray, bits: int) -> np.ndarray:
    """Pairs of rows whose hashes differ in at most `bits` bits. uint64 [n, words] -> int64 [p, 2], ascending."""
    n, words = hashes.shape
    pairs: list[np.ndarray] = [np.empty(0, np.int64)]
    for word in range(words):
        for turn in range(0, 64, 64 // _ROTATIONS):
            order = np.argsort(_rotated(hashes[:, word], turn), kind="stable")
            pairs += _neighbours(hashes[order], order, bits)
    numbers = np.unique(np.concatenate(pairs))  # one number a pair: sorts faster than two columns
    return np.stack([numbers // max(n, 1), numbers % max(n, 1)], 1)


def _rotated(word: np.ndarray, turn: int) -> np.ndarray:
    return (word << np.uint64(turn)) | (word >> np.uint64(64 - turn)) if turn else word


def _neighbours(ordered: np.ndarray, order: np.ndarray, bits: int) -> list[np.ndarray]:
    n = len(order)
    pairs = []
    for step in range(1, min(_WINDOW, n - 1) + 1):
        apart = np.bitwise_count(ordered[step:] ^ ordered[:-step]).sum(1, dtype=np.int16)  # [n - step]
        close = np.flatnonzero(apart <= bits)
        one, two = order[close], order[close + step]
        pairs.append(np.minimum(one, two) * n + np.maximum(one, two))
    return pairs


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
