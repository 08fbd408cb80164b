"""Numbers of k-mers: of every place of many sequences at once, on one strand or both."""

from __future__ import annotations

import numpy as np

from headstart.data.alphabets import Alphabet


def digits_of(alphabet: Alphabet) -> np.ndarray:
    """The number of every byte among the plain letters, -1 for all others, int64 [256]."""
    digits = np.full(256, -1, np.int64)
    digits[list(alphabet.plain.encode())] = np.arange(len(alphabet.plain))
    return digits


def kmers(letters: np.ndarray, offsets: np.ndarray, digits: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """The k-mer that begins at each place of rows of letters uint8 [n], int64 [n]; and whether there is one, within its
    row and of plain letters, bool [n]. Its number has the first letter as its highest digit."""
    base = int(digits.max()) + 1
    values = digits[letters]
    left = np.repeat(offsets[1:], np.diff(offsets)) - np.arange(len(letters))  # letters of the row from here on
    there = left >= width
    codes = np.zeros(len(letters), np.int64)
    for step in range(width):
        here = np.full(len(letters), -1, np.int64)
        here[: max(0, len(letters) - step)] = values[step:]
        there &= here >= 0
        codes = codes * base + np.maximum(here, 0)
    return codes, there


def opposite(codes: np.ndarray, alphabet: Alphabet, width: int) -> np.ndarray:
    """The numbers of the k-mers on the other strand, int64 [n]."""
    partner = [alphabet.plain.index(one) for one in alphabet.partners[:4]]
    assert partner == [3, 2, 1, 0]  # then the bits of a base turned around are its partner
    rest, found = ~codes, np.zeros(len(codes), np.int64)
    for _ in range(width):
        found <<= 2
        found |= rest & 3
        rest >>= 2
    return found


def complements(alphabet: Alphabet) -> np.ndarray:
    """The partner of every letter, uint8 [256]; bytes that are no letters stay."""
    table = np.arange(256, dtype=np.uint8)
    if alphabet.partners:
        table[list(alphabet.letters.encode())] = list(alphabet.partners.encode())
    return table
