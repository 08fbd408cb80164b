"""What linear models see of sequences: k-mers, letters at their places, pairs of places, windows of letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from headstart.data import ngrams
from headstart.data.alphabets import Alphabet
from headstart.data.storage.gather import ragged

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from headstart.core.contracts import Columns

_KMERS = {"dna": ((3, 4, 5, 6),), "rna": ((3, 4, 5, 6),), "protein": ((1,), (2,), (3,))}
"""Letters of the k-mers that are counted wherever they stand, block by block."""

_GAPS = {"dna": (), "rna": (), "protein": (2, 3)}  # distances of the pairs of letters that are counted
_PLACED = {"dna": ((2, 1), (3, 10), (5, 20)), "rna": ((2, 1), (3, 10), (5, 20)), "protein": ()}
"""Letters of the k-mers whose place counts, and how many places count as one."""

_LONGEST = 1_000  # letters of a row up to which places count
_FEW = 24  # places that vary up to which pairs of them count
_TOGETHER = 1 << 21  # letters whose features are made at once
_HALF = 8  # letters on each side of a place


@dataclass(frozen=True, slots=True)
class Sites:
    """What train rows say of places: their one length, 0 if they differ; and those that vary, () unless few do."""

    length: int = 0
    varying: tuple[int, ...] = ()


class SiteFinder:
    """Looks at stored rows as they pass, and then knows what they say of places."""

    def __init__(self) -> None:
        self._first: np.ndarray | None = None
        self._varies = np.zeros(0, bool)
        self._even = True

    def passing(self, chunks: Iterable[Columns]) -> Iterator[Columns]:
        """The same chunks."""
        for chunk in chunks:
            if self._even:
                self._look(chunk)
            yield chunk

    def _look(self, chunk: Columns) -> None:
        letters, offsets = ragged(chunk, "letters")
        lengths = np.diff(offsets)
        if not len(lengths):
            return
        if self._first is None:
            self._first = letters[: lengths[0]].copy()
            self._varies = np.zeros(len(self._first), bool)
        self._even = bool((lengths == len(self._first)).all()) and len(self._first) <= _LONGEST
        if self._even:
            self._varies |= (letters.reshape(len(lengths), -1) != self._first).any(0)

    @property
    def found(self) -> Sites:
        """What they say, once they have passed."""
        if self._first is None or not self._even:
            return Sites()
        places = np.flatnonzero(self._varies)
        few = 0 < len(places) <= min(_FEW, len(self._first) // 2)
        return Sites(len(self._first), tuple(map(int, places)) if few else ())


@dataclass(frozen=True, slots=True)
class _Letters:
    """Letters of some rows one behind the other: their digits (-1: uncertain), rows, places, and how many follow."""

    digits: np.ndarray
    row: np.ndarray
    place: np.ndarray
    left: np.ndarray


_Found = tuple[np.ndarray, np.ndarray]
"""Rows and numbers of features."""

_Make = Callable[[_Letters], list[_Found]]


@dataclass(frozen=True, slots=True)
class SequenceGrams:
    """k-mers of plain letters, rare ones count more; where all train rows have one length, also what stands where.

    Blocks: counts of k-mers, of amino acids also of pairs with a gap; of rows of one length the letter at each place,
    and of bases also pairs of neighbours at their place and longer k-mers in windows of places. Where few places vary,
    as among mutants of one protein, only the letters there and all pairs of them. `both`: a k-mer and its reverse
    complement are one, and places do not count.
    """

    alphabet: Alphabet
    sites: Sites = Sites()
    both: bool = False

    @property
    def blocks(self) -> int:
        return len(self._parts)

    @property
    def width(self) -> int:
        return self.blocks * max(width for width, _ in self._parts)

    def of(self, columns: Columns) -> csr_matrix:
        from scipy.sparse import csr_matrix, vstack

        letters, offsets = ragged(columns, "letters")
        made, start, rows = list[csr_matrix](), 0, len(offsets) - 1
        while start < rows or not made:
            end = max(start + 1, int(np.searchsorted(offsets, offsets[start] + _TOGETHER, "right")) - 1) if rows else 0
            made.append(self._piece(letters[offsets[start] : offsets[end]], offsets[start : end + 1] - offsets[start]))
            start = end
        return csr_matrix(vstack(made)) if len(made) > 1 else made[0]

    def rarity(self, rows: csr_matrix) -> np.ndarray:
        return ngrams.rarity(rows)

    def _piece(self, letters: np.ndarray, offsets: np.ndarray) -> csr_matrix:
        from scipy.sparse import csr_matrix

        digits = np.full(256, -1, np.int64)
        digits[list(self.alphabet.plain.encode())] = np.arange(self._base)
        lengths = np.diff(offsets)
        place = np.arange(len(letters)) - np.repeat(offsets[:-1], lengths)
        given = _Letters(digits[letters], np.repeat(np.arange(len(lengths)), lengths), place,
                         np.repeat(lengths, lengths) - place)  # fmt: skip
        parts, each = self._parts, self.width // self.blocks
        found = [(row, block * each + number) for block, (_, make) in enumerate(parts) for row, number in make(given)]
        rows, numbers = (np.concatenate(side) for side in zip(*found, strict=True))
        made = csr_matrix((np.ones(len(rows), np.float32), (rows, numbers)), shape=(len(lengths), self.width))
        made.sum_duplicates()
        made.data = 1 + np.log(made.data)
        return made

    @property
    def _base(self) -> int:
        return len(self.alphabet.plain)

    @property
    def _parts(self) -> list[tuple[int, _Make]]:
        """Number of features of each block, and what makes them."""
        base, length = self._base, self.sites.length
        if self.sites.varying and not self.both:
            places = len(self.sites.varying)
            return [(places * base, self._singles), (places * (places - 1) // 2 * base**2 or 1, self._pairs)]
        kind = self.alphabet.kind
        parts = [(sum(base**size for size in sizes), self._kmers(sizes)) for sizes in _KMERS[kind]]
        parts += [(base**2, self._gapped(gap)) for gap in _GAPS[kind]]
        if length and not self.both:
            for size, together in ((1, 1), *_PLACED[kind]):
                parts.append(((length // together + 1) * base**size, self._placed(size, together)))
        return parts

    def _kmers(self, sizes: Sequence[int]) -> _Make:
        def make(given: _Letters) -> list[_Found]:
            first, found = 0, list[_Found]()
            for size, code, across, there in self._codes(given, sizes[-1]):
                if size in sizes:
                    numbers = np.minimum(code, across) if self.both else code
                    found.append((given.row[there], first + numbers[there]))
                    first += self._base**size
            return found

        return make

    def _gapped(self, gap: int) -> _Make:
        def make(given: _Letters) -> list[_Found]:
            count = max(0, len(given.digits) - gap)
            one, other = given.digits[:count], given.digits[gap:]
            there = np.flatnonzero((one >= 0) & (other >= 0) & (given.left[:count] > gap))
            return [(given.row[there], one[there] * self._base + other[there])]

        return make

    def _placed(self, size: int, together: int) -> _Make:
        def make(given: _Letters) -> list[_Found]:
            _, code, _, there = list(self._codes(given, size))[-1]
            there = there & (given.place < self.sites.length)
            return [(given.row[there], given.place[there] // together * self._base**size + code[there])]

        return make

    def _codes(self, given: _Letters, most: int) -> Iterator[tuple[int, np.ndarray, np.ndarray, np.ndarray]]:
        """For every size: the number of the k-mer that begins at each letter, that of its reverse complement (bases
        lie across from each other in their order), and whether it lies in its row and is plain."""
        count = len(given.digits)
        code, across, plain = np.zeros(count, np.int64), np.zeros(count, np.int64), np.ones(count, bool)
        for size in range(1, most + 1):
            here = np.full(count, -1, np.int64)
            here[: max(0, count - size + 1)] = given.digits[size - 1 :]
            plain = plain & (here >= 0) & (given.left >= size)
            code = code * self._base + np.maximum(here, 0)
            across = across + (self._base - 1 - np.maximum(here, 0)) * self._base ** (size - 1)
            yield size, code, across, plain

    def _table(self, given: _Letters) -> np.ndarray:
        """The digits at the places that vary, [rows, places]; -1 for uncertain ones and behind a row's end."""
        number = np.full(self.sites.length, -1)
        number[list(self.sites.varying)] = np.arange(len(self.sites.varying))
        inside = given.place < self.sites.length
        column = np.where(inside, number[np.minimum(given.place, self.sites.length - 1)], -1)
        rows = int(given.row[-1]) + 1 if len(given.row) else 0
        table = np.full((rows, len(self.sites.varying)), -1)
        table[given.row[column >= 0], column[column >= 0]] = given.digits[column >= 0]
        return table

    def _singles(self, given: _Letters) -> list[_Found]:
        row, place = np.nonzero((table := self._table(given)) >= 0)
        return [(row, place * self._base + table[row, place])]

    def _pairs(self, given: _Letters) -> list[_Found]:
        table, found = self._table(given), [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
        for number, (one, other) in enumerate(combinations(range(table.shape[1]), 2)):
            there = np.flatnonzero((table[:, one] >= 0) & (table[:, other] >= 0))
            pair = table[there, one] * self._base + table[there, other]
            found.append((there, number * self._base**2 + pair))
        return found


@dataclass(frozen=True, slots=True)
class LetterGrams:
    """The letters of a window around each place, one-hot."""

    alphabet: Alphabet

    @property
    def width(self) -> int:
        return (2 * _HALF + 1) * (len(self.alphabet.letters) + 1)

    def of(self, words: Sequence[str]) -> np.ndarray:
        known = {letter: number for number, letter in enumerate(self.alphabet.letters, 1)}
        inside = np.array([known.get(word, 0) for word in words], np.int64)
        around = np.pad(inside, _HALF)
        windows = np.lib.stride_tricks.sliding_window_view(around, 2 * _HALF + 1)[: len(words)]
        return (windows + np.arange(2 * _HALF + 1) * (len(self.alphabet.letters) + 1)).astype(np.int32)
