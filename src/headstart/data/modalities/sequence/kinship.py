"""Families of sequences: those that share more pieces than chance would give them, directly or by others."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from headstart.core import contracts
from headstart.data.alphabets import Alphabet
from headstart.data.modalities.sequence.kmers import digits_of, kmers, opposite
from headstart.data.storage.gather import ragged

PIECES = 24_000_000  # pieces that are compared; of more an even sample, by their hash
CHANCE = 0.001  # links that chance may make, as a share of the sequences
BIAS = 1.5  # local composition: unrelated sequences share a piece more often than the letters of the whole set say
MOST = 10_000
LEAST, SHARE = 3, 0.015  # pieces that relatives share at least, and as a share of the shorter one's
NEAREST = 4  # sequences with a piece that are compared with each: the next ones, which links a large family as a chain
_AT_ONCE = 1 << 22  # letters
_MIXING = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class SequenceKinship:
    """Relatives among sequences of an alphabet: single link over shared k-mers, on either strand where there are two.

    A piece is so long that a set of this size hardly repeats one by chance: 5 or 6 amino acids, 9 to 14 bases. Two
    sequences are relatives if they share more pieces than chance would explain anywhere in the set, and some share of
    the shorter one's. Time and memory grow with the letters, up to 24 million pieces.
    """

    alphabet: Alphabet

    def families(self, columns: contracts.Columns) -> np.ndarray:
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        letters, offsets = ragged(columns, "letters")
        count = len(offsets) - 1
        width = self._width(len(letters))
        codes, rows, held, sample = self._pieces(letters, offsets, width)
        one, other, shared = _pairs(codes, rows, count)
        again = _chance_of_a_letter(letters, digits_of(self.alphabet))
        strands = 2 if self.alphabet.partners else 1
        linked = self._linked(held[one], held[other], shared, BIAS * strands * again**width / sample, again, count)
        links = coo_matrix((np.ones(int(linked.sum()), np.int8), (one[linked], other[linked])), shape=(count, count))
        return connected_components(links, directed=False)[1].astype(np.int64)

    def _width(self, letters: int) -> int:
        """Letters of a piece: as many as make more different ones than the set has places."""
        base = len(self.alphabet.plain)
        factor = 4 if self.alphabet.partners else 1  # of few letters some combinations are frequent; and two strands
        return max(3, int(np.ceil(np.log(max(letters, base**3) * factor) / np.log(base))))

    def _pieces(
        self, letters: np.ndarray, offsets: np.ndarray, width: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        """Each sequence's different pieces as numbers uint64 [p], with its own number int32 [p], in the order of the
        pieces; how many pieces each sequence has; and the share of all pieces that were looked at."""
        digits, every = digits_of(self.alphabet), max(1, -(-len(letters) // PIECES))
        codes_of, rows_of = list[np.ndarray](), list[np.ndarray]()
        held = np.zeros(len(offsets) - 1, np.int64)
        ends = np.searchsorted(offsets, np.arange(0, offsets[-1] + _AT_ONCE, _AT_ONCE))
        for first, last in pairwise(np.unique(np.append(ends, len(held)).clip(0, len(held)))):
            part, begins = letters[offsets[first] : offsets[last]], offsets[first : last + 1] - offsets[first]
            codes, there = kmers(part, begins, digits, width)
            there &= ~_simple(part, width)
            rows = np.repeat(np.arange(first, last, dtype=np.int32), np.diff(begins))[there]
            codes = codes[there]
            if self.alphabet.partners:
                codes = np.minimum(codes, opposite(codes, self.alphabet, width))
            mixed = codes.astype(np.uint64) * _MIXING
            mixed ^= mixed >> np.uint64(31)
            if every > 1:
                some = mixed % np.uint64(every) == 0
                mixed, rows = mixed[some], rows[some]
            order = np.lexsort((mixed, rows))
            mixed, rows = mixed[order], rows[order]
            fresh = np.concatenate([[True], (mixed[1:] != mixed[:-1]) | (rows[1:] != rows[:-1])]) if len(rows) else []
            codes_of.append(mixed[fresh])
            rows_of.append(rows[fresh])
            held += np.bincount(rows_of[-1], minlength=len(held))
        codes, rows = np.concatenate(codes_of), np.concatenate(rows_of)
        order = np.argsort(codes, kind="stable")  # rows ascend within a piece
        return codes[order], rows[order], held, 1 / every

    def _linked(
        self, ones: np.ndarray, others: np.ndarray, shared: np.ndarray, likely: float, again: float, count: int
    ) -> np.ndarray:
        """Which pairs are relatives: their numbers of pieces [p], and how many they share [p]. -> bool [p]

        likely  chance that two pieces of unrelated sequences are equal
        again   chance that the next piece is so too: matches come in runs
        """
        expected = likely * ones * others
        steps = np.logspace(
            np.log10(max(expected.min(initial=1.0), 1e-12)), np.log10(expected.max(initial=1.0) + 1e-12), 50
        )
        allowed = CHANCE * count / max(1.0, count * (count - 1) / 2)
        least = np.array([_least_shared(one, again, allowed) for one in steps])
        enough = np.maximum(
            least[np.searchsorted(steps, expected).clip(0, len(steps) - 1)], SHARE * np.minimum(ones, others)
        )
        return shared >= np.maximum(enough, LEAST)


def _least_shared(expected: float, again: float, allowed: float) -> int:
    """Pieces that two unrelated sequences share with less than the allowed chance, where so many are expected.

    Runs of matches are Poisson and their lengths geometric, so that the number of matches is Polya-Aeppli (Reinert,
    Schbath and Waterman 2000): P(n) n = (2 again (n - 1) + runs (1 - again)) P(n - 1) - again^2 (n - 2) P(n - 2).
    """
    runs = expected * (1 - again)
    before, now, tail, number = 0.0, np.exp(-runs), -np.expm1(-runs), 0
    while tail >= allowed and number < MOST:
        number += 1
        after = ((2 * again * (number - 1) + runs * (1 - again)) * now - again**2 * (number - 2) * before) / number
        before, now = now, after
        tail -= now
        if now < 1e-15:  # the rest is lost to rounding
            break
    return number + 1


def _simple(letters: np.ndarray, width: int) -> np.ndarray:
    """Which places begin a piece of one or two different letters, or of a repeated pair, bool [n]: tails, repeats."""
    count = len(letters)
    same = np.zeros(count, np.int16)  # letters that equal the one before, or the one two before
    for step in (1, 2):
        equal = np.zeros(count, np.int16)
        equal[step:] = letters[step:] == letters[:-step]
        same = np.maximum(same, equal)
    total = np.concatenate([[0], np.cumsum(same)])
    ends = np.minimum(np.arange(count) + width, count)
    return total[ends] - total[np.minimum(np.arange(count) + 2, ends)] >= width - 3


def _pairs(codes: np.ndarray, rows: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of sequences with pieces in common and how many, int64 [p] each, from pieces in their order."""
    keys = list[np.ndarray]()
    for step in range(1, NEAREST + 1):
        equal = codes[step:] == codes[:-step]
        keys.append(rows[:-step][equal].astype(np.int64) * count + rows[step:][equal])
    found, shared = np.unique(np.concatenate(keys), return_counts=True)
    return found // max(count, 1), found % max(count, 1), shared


def _chance_of_a_letter(letters: np.ndarray, digits: np.ndarray) -> float:
    """That two letters of the set are equal."""
    found = digits[letters]
    counts = np.bincount(found[found >= 0], minlength=2).astype(np.float64)
    return float(((counts / max(1.0, counts.sum())) ** 2).sum())
