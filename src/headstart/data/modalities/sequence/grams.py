"""What linear models see of sequences: k-mers of a row, and the letters around each place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from headstart.data import ngrams
from headstart.data.alphabets import Alphabet
from headstart.data.storage.gather import ragged

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from headstart.core.contracts import Columns

_WIDTH = {"dna": (3, 6), "rna": (3, 6), "protein": (1, 3)}  # letters of the shortest and the longest k-mer
_HALF = 8  # letters on each side of a place


@dataclass(frozen=True, slots=True)
class SequenceGrams:
    """Counts of k-mers of plain letters, as 1 + log(count); rare ones count more."""

    alphabet: Alphabet
    blocks: int = 1

    @property
    def width(self) -> int:
        least, most = _WIDTH[self.alphabet.kind]
        return sum(len(self.alphabet.plain) ** size for size in range(least, most + 1))

    def of(self, columns: Columns) -> csr_matrix:
        from scipy.sparse import csr_matrix

        values, offsets = ragged(columns, "letters")
        digits = np.full(256, -1, np.int64)
        digits[list(self.alphabet.plain.encode())] = np.arange(len(self.alphabet.plain))
        row = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        left = np.repeat(offsets[1:], np.diff(offsets)) - np.arange(len(values))  # letters of the row from here on
        least, most = _WIDTH[self.alphabet.kind]
        code, plain, first, found = np.zeros(len(values), np.int64), np.ones(len(values), bool), 0, []
        for size in range(1, most + 1):
            here = np.full(len(values), -1, np.int64)
            here[: len(values) - size + 1] = digits[values[size - 1 :]]
            plain &= (here >= 0) & (left >= size)
            code = code * len(self.alphabet.plain) + np.maximum(here, 0)
            if size >= least:
                found.append((row[plain], first + code[plain]))
                first += len(self.alphabet.plain) ** size
        rows, places = (np.concatenate(side) for side in zip(*found, strict=True))
        made = csr_matrix((np.ones(len(rows), np.float32), (rows, places)), shape=(len(offsets) - 1, self.width))
        made.sum_duplicates()
        made.data = 1 + np.log(made.data)
        return made

    def rarity(self, rows: csr_matrix) -> np.ndarray:
        return ngrams.rarity(rows)


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
