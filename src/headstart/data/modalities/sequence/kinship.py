"""Families of sequences: those that share a stretch no chance explains, directly or by others (single link).

Seeds are k-mers in common, found by sorting; a seed is extended on its diagonal without gaps, as BLAST does (Altschul
et al. 1990). Two sequences are related where the stretch scores so high that less than one link of a hundred data sets
of this size would be chance (Karlin and Altschul 1990). Time grows with the number of letters, memory is bounded.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from headstart.core import contracts
from headstart.data.alphabets import Alphabet
from headstart.data.modalities.sequence.kmers import digits_of, kmers, opposite
from headstart.data.modalities.sequence.substitutions import CHANCE, scores_of
from headstart.data.sketches import mixed
from headstart.data.storage.gather import ragged

_WIDTH = {"dna": 14, "rna": 14, "protein": 6}  # letters of a seed
_MANY = 1 << 23  # letters from which seeds of proteins have one letter more: by chance 20 times fewer pairs share one
_SORTED = 1 << 23  # seeds that are sorted at one time
_CHUNK = 1 << 20  # letters whose seeds are found at one time
_NEXT = 4  # places behind it in the sorted order that each seed is compared with
_NEAR, _FAR = 8, 192  # letters on each side of a seed by which it is judged first, and in the end
_AT_ONCE = 1 << 13  # pairs that are extended at one time
_SHORTEST = 40  # letters of a stretch, or half of the shorter sequence: tags of purification are shorter
_WINDOW = {"protein": (12, 6), "dna": (24, 6), "rna": (24, 6)}  # letters, and the most kinds of a simple stretch


@dataclass(frozen=True, slots=True)
class SequenceKinship:
    """Which sequences are related; of bases, on either strand. Simple stretches (repeats) relate nobody."""

    alphabet: Alphabet

    def families(self, columns: contracts.Columns) -> np.ndarray:
        """The number of the family of each stored row, int64 [n]."""
        letters, offsets = ragged(columns, "letters")
        return _Search(self.alphabet, letters, np.asarray(offsets, np.int64)).families()


class _Search:
    def __init__(self, alphabet: Alphabet, letters: np.ndarray, offsets: np.ndarray) -> None:
        self.alphabet, self.offsets, self.letters = alphabet, offsets, letters
        self.width = _WIDTH[alphabet.kind] + (alphabet.kind == "protein" and len(letters) > _MANY)
        base = len(alphabet.plain)
        digits = digits_of(alphabet)
        self.digits = np.where(digits < 0, base, digits).astype(np.uint8)[letters]  # [N]
        self.digits[self._simple()] = base
        self.scores = scores_of(alphabet)  # [base + 1, base + 1]
        scale, constant = CHANCE[alphabet.kind]
        pairs = max(1.0, len(letters) ** 2 / 2)
        self.least = math.log(100 * constant * pairs) / scale

    def families(self) -> np.ndarray:
        count = len(self.offsets) - 1
        families = _equal_rows(self.letters, self.offsets)
        for seeds in self._sorted_seeds():
            code = seeds >> np.uint64(33)
            for step in range(1, min(_NEXT, len(seeds) - 1) + 1):
                first = np.flatnonzero(code[step:] == code[:-step])
                for start in range(0, len(first), _CHUNK):
                    some = first[start : start + _CHUNK]
                    links = self._related(seeds[some], seeds[some + step], families)
                    families = _joined(families, links) if len(links) else families
        return np.unique(families, return_inverse=True)[1].reshape(count).astype(np.int64)

    def _sorted_seeds(self) -> Iterator[np.ndarray]:
        """Portions of all seeds, equal ones in one portion, ascending: uint64 of the k-mer (31 bits), its place (32)
        and whether it was read on the other strand."""
        portions = max(1, -(-len(self.letters) // _SORTED))
        digits = np.append(np.arange(len(self.alphabet.plain)), -1)
        for portion in range(portions):
            found = [np.empty(0, np.uint64)]
            for rows in self._chunks():
                begin, end = self.offsets[rows.start], self.offsets[rows.stop]
                own = self.offsets[rows.start : rows.stop + 1] - begin
                codes, there = kmers(self.digits[begin:end], own, digits, self.width)
                turned = np.zeros(len(codes), bool)
                if self.alphabet.partners:
                    across = opposite(codes, self.alphabet, self.width)
                    turned = across < codes
                    codes = np.minimum(codes, across)
                if portions > 1:
                    there &= mixed(codes.astype(np.uint32)) % np.uint32(portions) == portion
                place = np.flatnonzero(there)
                packed = (codes[place].astype(np.uint64) << np.uint64(33)) | (
                    (place + begin).astype(np.uint64) << np.uint64(1)
                )
                found.append(packed | turned[place].astype(np.uint64))
            yield np.sort(np.concatenate(found))

    def _related(self, one: np.ndarray, other: np.ndarray, families: np.ndarray) -> np.ndarray:
        """Rows that seeds in common show to be related and that are not known to be, int64 [p, 2]."""
        places = [((side >> np.uint64(1)) & np.uint64(0xFFFFFFFF)).astype(np.int64) for side in (one, other)]
        rows = [np.searchsorted(self.offsets, place, "right") - 1 for place in places]
        turned = ((one ^ other) & np.uint64(1)).astype(bool)
        open_ = np.flatnonzero(families[rows[0]] != families[rows[1]])
        if not len(open_):
            return np.empty((0, 2), np.int64)
        diagonal = np.where(turned, places[0] + places[1], places[0] - places[1])[open_] % 4096
        key = (rows[0][open_] * len(self.offsets) + rows[1][open_]) * 8192 + diagonal * 2 + turned[open_]
        kept = open_[np.unique(key, return_index=True)[1]]
        kept = kept[self._extended(kept, places, rows, turned, _NEAR)[0] >= self.least * 0.4]
        total, length = self._extended(kept, places, rows, turned, _FAR)
        sizes = np.diff(self.offsets)
        shorter = np.minimum(sizes[rows[0][kept]], sizes[rows[1][kept]])
        good = kept[(total >= self.least) & (length >= np.minimum(_SHORTEST, shorter // 2))]
        return np.stack([rows[0][good], rows[1][good]], 1)

    def _extended(
        self, kept: np.ndarray, places: list[np.ndarray], rows: list[np.ndarray], turned: np.ndarray, reach: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The best score of a stretch around each seed, at most `reach` letters to each side, and its letters."""
        scores, lengths = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        at_once = _AT_ONCE * _FAR // reach
        for start in range(0, len(kept), at_once):
            some = kept[start : start + at_once]
            right, far = self._one_side(some, places, rows, turned, np.arange(self.width, self.width + reach))
            left, near = self._one_side(some, places, rows, turned, np.arange(-1, -reach - 1, -1))
            inside = self._aligned(some, places, rows, turned, np.arange(self.width)).sum(1, dtype=np.int64)
            scores.append(inside + right + left)
            lengths.append(self.width + far + near)
        return np.concatenate(scores), np.concatenate(lengths)

    def _one_side(
        self, some: np.ndarray, places: list[np.ndarray], rows: list[np.ndarray], turned: np.ndarray, steps: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        sums = self._aligned(some, places, rows, turned, steps).cumsum(1, dtype=np.int32)
        best = sums.argmax(1)
        score = sums[np.arange(len(some)), best]
        return np.maximum(score, 0).astype(np.int64), np.where(score > 0, best + 1, 0)

    def _aligned(
        self, some: np.ndarray, places: list[np.ndarray], rows: list[np.ndarray], turned: np.ndarray, steps: np.ndarray
    ) -> np.ndarray:
        """Scores of the letters that stand across from each other at these steps from the seeds, int16 [p, steps]; far
        below zero beyond the end of a row."""
        flip = turned[some][:, None]
        first = places[0][some][:, None] + steps
        second = places[1][some][:, None] + np.where(flip, self.width - 1 - steps, steps)
        inside = np.ones(first.shape, bool)
        for place, row in ((first, rows[0][some]), (second, rows[1][some])):
            inside &= (place >= self.offsets[row][:, None]) & (place < self.offsets[row + 1][:, None])
        last = len(self.digits) - 1
        ones, others = self.digits[first.clip(0, last)], self.digits[second.clip(0, last)]
        base = len(self.alphabet.plain)
        others = np.where(flip & (others < base), base - 1 - others, others)  # the partner of ACGT by its number
        return np.where(inside, self.scores[ones, others], -100).astype(np.int16)

    def _simple(self) -> np.ndarray:
        """Places in stretches of few kinds of letters (of bases, of pairs of them), such as repeats; bool [N]."""
        size, most = _WINDOW[self.alphabet.kind]
        simple = np.zeros(len(self.letters), bool)
        base = len(self.alphabet.plain) + 1
        for rows in self._chunks():
            begin, end = self.offsets[rows.start], self.offsets[rows.stop]
            kinds = self.digits[begin:end].astype(np.int64)
            if self.alphabet.partners:
                kinds[:-1] = kinds[:-1] * base + kinds[1:]
            if len(kinds) < size:
                continue
            distinct = np.zeros(len(kinds) - size + 1, np.int8)
            for kind in np.unique(kinds):
                held = np.concatenate([[0], np.cumsum(kinds == kind)])
                distinct += held[size:] > held[:-size]
            bad = np.flatnonzero(distinct <= most)
            marks = np.zeros(len(kinds) + 1, np.int32)
            np.add.at(marks, bad, 1)
            np.add.at(marks, bad + size, -1)
            simple[begin:end] = marks[:-1].cumsum() > 0
        return simple

    def _chunks(self) -> Iterator[range]:
        """Rows in order, together of about so many letters."""
        start = 0
        while start < len(self.offsets) - 1:
            stop = int(np.searchsorted(self.offsets, self.offsets[start] + _CHUNK, "right")) - 1
            stop = min(max(stop, start + 1), len(self.offsets) - 1)
            yield range(start, stop)
            start = stop


def _equal_rows(letters: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """The first row of equal letters of each row, int64 [n]; by hashes of 64 bits, not to hold the letters
    once more: two others would only stay together."""
    hashes = bytearray()
    for begin, end in pairwise(offsets.tolist()):
        hashes += hashlib.blake2b(letters[begin:end].tobytes(), digest_size=8).digest()
    _, first, of_row = np.unique(np.frombuffer(hashes, "<u8"), return_index=True, return_inverse=True)
    return first[of_row].astype(np.int64)


def _joined(families: np.ndarray, links: np.ndarray) -> np.ndarray:
    """Families after rows were linked, int64 [n]."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    one, other = families[links.T]
    size = int(families.max()) + 1
    graph = coo_matrix((np.ones(len(one), np.int8), (one, other)), shape=(size, size))
    return connected_components(graph, directed=False)[1].astype(np.int64)[families]
