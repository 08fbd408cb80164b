"""Which rows to leave out: copies, contradictions, and train rows that stand in the test set as well.

Candidates for near copies are found without comparing all with all, by sorted neighbourhoods (Hernandez and Stolfo
1995): hashes are sorted by rotations of each of their words, and each is compared with the few behind it. Two hashes
with few differing bits share their leading bits in some rotation.
"""

from dataclasses import dataclass

import numpy as np

EXACT, NEAR = "exact duplicate", "near duplicate"
CONFLICT, LEAK_TEST, LEAK_VALID = "conflicting labels", "duplicate of a test row", "duplicate of a valid row"
COPY_TEST, COPY_VALID = "changed copy of a test row", "changed copy of a valid row"
UNREADABLE = "unreadable"
REASONS = ("", EXACT, NEAR, CONFLICT, LEAK_TEST, LEAK_VALID, COPY_TEST, COPY_VALID)
_WINDOW, _ROTATIONS = 8, 4


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What becomes of each row. reason int8 [n], 0 to keep it, else a place in REASONS; other int64 [n], the row
    that it is a copy of."""

    reason: np.ndarray
    other: np.ndarray

    @property
    def keep(self) -> np.ndarray:
        return self.reason == 0


def exact_copies(hashes: np.ndarray, labels: np.ndarray, parts: np.ndarray) -> Verdicts:
    """Judge rows of equal content.

    hashes uint64 [n, 2], labels int64 [n] (-1 without one), parts int8 [n] (-1 not given, 0 train, 1 valid, 2 test).
    Given valid and test rows are always kept, and train rows equal to one go. Among others the first labelled row
    stays, unless their labels contradict each other: then none does.
    """
    n = len(hashes)
    group = _groups(hashes)
    held_out = parts >= 1
    reason, other = np.zeros(n, np.int8), np.full(n, -1, np.int64)
    rows = np.arange(n)

    held = _first(group, rows, held_out)  # [n] first held-out row of the row's group, or n
    leak = ~held_out & (held < n)
    reason[leak] = np.where(parts[held[leak]] == 2, REASONS.index(LEAK_TEST), REASONS.index(LEAK_VALID))
    other[leak] = held[leak]

    open_rows = ~held_out & ~leak
    labelled = open_rows & (labels >= 0)
    lowest = _lowest(group, labels, labelled)
    clash = open_rows & _any(group, labelled) & (lowest != -_lowest(group, -labels, labelled))
    first, last = _first(group, rows, labelled), -_first(group, -rows, labelled, start=1)
    reason[clash] = REASONS.index(CONFLICT)
    other[clash] = np.where(rows == first, last, first)[clash]

    best = np.where(_any(group, labelled), first, _first(group, rows, open_rows))
    copy = open_rows & ~clash & (rows != best)
    reason[copy] = REASONS.index(EXACT)
    other[copy] = best[copy]
    return Verdicts(reason, other)


def held_out_clashes(hashes: np.ndarray, labels: np.ndarray, parts: np.ndarray) -> int:
    """How many given valid and test rows have an equal row there with another label: kept, but worth a warning."""
    group, held = _groups(hashes), (parts >= 1) & (labels >= 0)
    return int((held & (_lowest(group, labels, held) != -_lowest(group, -labels, held))).sum())


def near_copies(verdicts: Verdicts, pairs: np.ndarray, labels: np.ndarray, parts: np.ndarray) -> Verdicts:
    """Judge confirmed near duplicates: the later row goes, or the train row if the other is held out.

    pairs int64 [p, 2], the first row before the second. Two train rows of different labels both stay.
    """
    reason, other = verdicts.reason.copy(), verdicts.other.copy()
    for one, two in pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))]:
        if reason[one] or reason[two] or (parts[one] >= 1 and parts[two] >= 1):
            continue
        if parts[one] >= 1 or parts[two] >= 1:
            held, train = (one, two) if parts[one] >= 1 else (two, one)
            reason[train] = REASONS.index(LEAK_TEST if parts[held] == 2 else LEAK_VALID)
            other[train] = held
        elif labels[one] == labels[two]:
            reason[two], other[two] = REASONS.index(NEAR), one
    return Verdicts(reason, other)


def changed_copies(verdicts: Verdicts, pairs: np.ndarray, parts: np.ndarray) -> Verdicts:
    """Judge train rows that look like changed copies of held-out ones: they go. pairs int64 [p, 2], held first."""
    reason, other = verdicts.reason.copy(), verdicts.other.copy()
    held, train = pairs.T
    reason[train] = np.where(parts[held] == 2, REASONS.index(COPY_TEST), REASONS.index(COPY_VALID))
    other[train] = held
    return Verdicts(reason, other)


def _groups(hashes: np.ndarray) -> np.ndarray:
    """int64 [n], equal for rows with equal hashes [n, 2]."""
    if len(hashes) == 0:
        return np.zeros(0, np.int64)
    order = np.lexsort((hashes[:, 1], hashes[:, 0]))
    new = np.concatenate([[False], (np.diff(hashes[order].view(np.int64), axis=0) != 0).any(1)])
    group = np.empty(len(hashes), np.int64)
    group[order] = np.cumsum(new)
    return group


def _lowest(group: np.ndarray, values: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Of each row: the lowest value among the chosen rows of its group; the largest integer if none is chosen."""
    lowest = np.full(len(group), np.iinfo(np.int64).max)
    np.minimum.at(lowest, group[among], values[among])
    return lowest[group]


def _first(group: np.ndarray, rows: np.ndarray, among: np.ndarray, start: int | None = None) -> np.ndarray:
    """Lowest row number among the chosen rows of each row's group; `start` (else n) where none is chosen."""
    lowest = _lowest(group, rows, among)
    return np.where(lowest == np.iinfo(np.int64).max, len(group) if start is None else start, lowest)


def _any(group: np.ndarray, among: np.ndarray) -> np.ndarray:
    seen = np.zeros(len(group), bool)
    seen[group[among]] = True
    return seen[group]


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
