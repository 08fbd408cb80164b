"""Are two sequences the same, a part of each other, or nearly so? On one strand or both."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from headstart.core import contracts
from headstart.core.contracts.duplicates import Fingerprint
from headstart.data import sketches
from headstart.data.alphabets import Alphabet
from headstart.data.modalities.sequence.kmers import complements, digits_of, kmers, opposite
from headstart.data.storage.gather import ragged

_WIDTH = {"dna": 12, "rna": 12, "protein": 5}  # letters of a piece: few sequences share one by chance


@dataclass(frozen=True, slots=True)
class SequenceDuplicates:
    """Copies of sequences. Nearly equal ones are no copies: variants of one protein are data, and relatives are what
    a split keeps together.

    both  a sequence and its reverse complement are one and the same
    """

    alphabet: Alphabet
    both: bool = False

    def fingerprint(self, example: contracts.Example) -> Fingerprint:
        """Exact: the letters; where strands are equal, those of the strand that comes first."""
        return Fingerprint(hashlib.blake2b(self._named(example["input"]), digest_size=16).digest())

    def sketches(self, columns: contracts.Columns) -> np.ndarray:
        """The 32 smallest hashes of the pieces of each sequence, whichever strand is read. uint8 [n, 128]"""
        letters, offsets = ragged(columns, "letters")
        width = _WIDTH[self.alphabet.kind]
        codes, there = kmers(letters, offsets, digits_of(self.alphabet), width)
        if self.alphabet.partners:
            codes = np.minimum(codes, opposite(codes, self.alphabet, width))
        hashes = sketches.mixed(codes.astype(np.uint32))
        rows = [hashes[a:b][there[a:b]] for a, b in pairwise(offsets.tolist())]
        short = [number for number, row in enumerate(rows) if not len(row)]
        for number in short:  # a piece by itself
            whole = hashlib.blake2b(letters[offsets[number] : offsets[number + 1]].tobytes(), digest_size=4)
            rows[number] = np.frombuffer(whole.digest(), np.uint32)
        return np.stack([sketches.smallest(row) for row in rows])

    def resembling(self, seen: np.ndarray, asked: np.ndarray) -> np.ndarray:
        return sketches.resembling(seen, asked)

    def alike(self, one: contracts.Columns, other: contracts.Columns) -> bool:
        return self._named(one["letters"]) == self._named(other["letters"])

    def _named(self, letters: np.ndarray) -> bytes:
        forward = letters.tobytes()
        if not self.both or not self.alphabet.partners:
            return forward
        return min(forward, complements(self.alphabet)[letters[::-1]].tobytes())
