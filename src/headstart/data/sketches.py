"""Sketches of rows: a few of the hashes of their pieces, by which changed copies and parts are known again.

A bottom-k sketch (Broder 1997) holds the smallest hashes: it says what share of one row is in another, even if that is
longer.
"""

from __future__ import annotations

import numpy as np

WIDTH = 32  # hashes: a half has 16 of the whole row's; 48 find 3 of 100 more halves of short texts, and 1 more false
SHARE = 0.65  # of the weight of the shorter row's pieces: one word in ten left out of a text leaves 0.75 of them
WEIGHT = 6.0  # pieces that no other row has: 10 letters of a text in common. Shorter ones say nothing
CROWDED = 0.1  # share of known rows that resemble another, above which they are variants of each other
LOOKED_AT = 16  # rows with a piece in common
SAMPLE, AT_ONCE, FEWEST = 1000, 4096, 4
NONE = np.uint32(0xFFFFFFFF)


def smallest(hashes: np.ndarray) -> np.ndarray:
    """The 32 smallest of the hashes uint32 [n], each once, filled up with the largest number. -> uint8 [128]"""
    ordered = np.sort(hashes)
    kept = ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])][:WIDTH] if len(ordered) else ordered
    return np.concatenate([kept, np.full(WIDTH - len(kept), NONE)]).view(np.uint8)


def mixed(values: np.ndarray) -> np.ndarray:
    """Every bit of the result depends on every bit of a value (the finaliser of MurmurHash3, Appleby 2011)."""
    values = values ^ (values >> np.uint32(16))
    values *= np.uint32(0x85EBCA6B)
    values ^= values >> np.uint32(13)
    values *= np.uint32(0xC2B2AE35)
    values ^= values >> np.uint32(16)
    return values


def resembling(seen: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Pairs of one asked [n, 128] and one seen [m, 128] of which one is a copy or a part of the other, int64 [p, 2].

    Where known rows resemble each other, such as questions of one kind, only those of equal pieces are copies.
    """
    if not len(seen):
        return np.empty((0, 2), np.int64)
    known = _Known(seen)
    sample = np.unique(np.linspace(0, len(seen) - 1, SAMPLE).astype(np.int64))
    number, other, equal = known.copies(seen[sample])
    crowded = len(np.unique(number[~equal & (sample[number] != other)])) > CROWDED * len(sample)
    found = [np.empty((0, 2), np.int64)]
    for start in range(0, len(asked), AT_ONCE):
        number, other, equal = known.copies(asked[start : start + AT_ONCE])
        found.append(np.stack([start + number, other], 1)[equal | (not crowded)])
    return np.concatenate(found)


class _Known:
    """Sketches that are looked up by their hashes, each weighed by how few rows have it."""

    def __init__(self, sketches: np.ndarray) -> None:
        self._sketches = np.ascontiguousarray(sketches).view(np.uint32)  # [m, 32]
        filled = self._sketches != NONE
        values, rows = self._sketches[filled], np.repeat(np.arange(len(sketches), dtype=np.int32), filled.sum(1))
        order = np.argsort(values, kind="stable")
        self._values, self._rows = values[order], rows[order]
        times = np.unique(self._values, return_counts=True)[1]
        weights = np.empty(len(values), np.float32)
        weights[order] = np.repeat(self._weight(times), times)
        self._weights = np.zeros(self._sketches.shape, np.float32)  # [m, 32]
        self._weights[filled] = weights

    def copies(self, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pairs of one asked [n, 128] and a known one that share enough: their numbers, and are they equal."""
        wanted = np.ascontiguousarray(asked).view(np.uint32)
        first = np.searchsorted(self._values, wanted)
        times = np.searchsorted(self._values, wanted, side="right") - first
        number, other = self._candidates(wanted, first, times)
        ones, others, weight = wanted[number], self._sketches[other], self._weight(times)[number]
        reach = np.minimum(ones[:, -1], others[:, -1])[:, None]  # hashes up to here would be in both sketches
        mine, theirs = (ones <= reach) & (ones != NONE), (others <= reach) & (others != NONE)
        common = mine & _among(ones, others)
        total = np.minimum((weight * mine).sum(1), (self._weights[other] * theirs).sum(1))
        held = (weight * common).sum(1)
        equal = (ones == others).all(1)
        close = equal | ((held >= WEIGHT) & (held >= SHARE * total))
        return number[close], other[close], equal[close]

    def _weight(self, times: np.ndarray) -> np.ndarray:
        """1 for a piece that no known row has, 0 for one that all have."""
        return (1 - np.log1p(times) / np.log1p(len(self._sketches))).astype(np.float32)

    def _candidates(self, wanted: np.ndarray, first: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of asked and known rows that have at least four hashes in common, or all of a shorter row."""
        counts = np.where(wanted == NONE, 0, np.minimum(times, LOOKED_AT)).ravel()
        place = np.repeat(first.ravel() - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        number = np.repeat(np.arange(wanted.size) // WIDTH, counts)
        pairs, shared = np.unique(number * len(self._sketches) + self._rows[place], return_counts=True)
        number, other = np.divmod(pairs, len(self._sketches))
        enough = shared >= np.minimum(FEWEST, (wanted != NONE).sum(1))[number]
        return number[enough], other[enough]


def _among(ones: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which hashes of each row of `ones` [p, 32] are in the same row of `others`, both ascending; bool [p, 32]."""
    offset = np.arange(len(ones), dtype=np.uint64)[:, None] << np.uint64(32)
    line = (offset | others).ravel()
    place = np.minimum(np.searchsorted(line, (offset | ones).ravel()), line.size - 1)
    return (line[place] == (offset | ones).ravel()).reshape(ones.shape) if len(ones) else np.zeros(ones.shape, bool)
