"""Do two texts say the same? Sets of their pieces of five characters, a hash that changes little, a strict look."""

from __future__ import annotations

import hashlib
from functools import cache
from itertools import pairwise

import numpy as np

from headstart.core import contracts
from headstart.core.contracts.duplicates import Fingerprint
from headstart.data import sketches
from headstart.data.modalities.text import text_sketch
from headstart.data.modalities.text.pieces import hashed
from headstart.data.modalities.text.words import MARK, readable
from headstart.data.sketches import mixed
from headstart.data.storage.gather import ragged

_BITS = 128
_SAME = 0.8  # of the pieces of both: one changed word in ten leaves about that much
_KEPT = 4096  # pieces of one text, the smallest by their hash; of longer texts the likeness is estimated to 1 %
_CHUNK = 1 << 18  # characters hashed at once


class TextDuplicates:
    """Copies of texts."""

    def fingerprint(self, example: contracts.Example) -> Fingerprint:
        """Exact: the cleaned text and which words are asked about. Near: one-bit minhashes of its character 5-grams."""
        stored = example["input"]
        text = readable(stored)
        exact = stored if MARK in stored else text
        return Fingerprint(hashlib.blake2b(exact.encode(), digest_size=16).digest(), minhash(text))

    def sketches(self, columns: contracts.Columns) -> np.ndarray:
        values, ends = ragged(columns, "text")
        texts = (readable(values[begin:end].tobytes().decode()) for begin, end in pairwise(ends))
        return np.stack([text_sketch.sketch(text[:_CHUNK]) for text in texts])

    def resembling(self, seen: np.ndarray, asked: np.ndarray) -> np.ndarray:
        return sketches.resembling(seen, asked)

    def alike(self, one: contracts.Columns, other: contracts.Columns) -> bool:
        return alike(*(readable(row["text"].tobytes().decode()) for row in (one, other)))


def minhash(text: str) -> bytes:
    """128 bits, each equal in two texts with probability (1 + J) / 2, J the share of pieces they have in common.

    One bit of the smallest value of each of 128 hash functions (b-bit minwise hashing, Li and König 2010).
    """
    factors, offsets = _functions()
    every = ngrams(text) if len(text) > _KEPT else _hashed(text)  # the smallest value does not care for repetitions
    values = every[None] * factors  # [128, n]
    values += offsets
    return np.packbits(mixed(values.min(1)) >> np.uint32(31)).tobytes()


def alike(one: str, other: str) -> bool:
    """Do two texts share four fifths of their pieces, capitals and white space aside? (Jaccard similarity)"""
    a, b = ngrams(one), ngrams(other)
    both = np.intersect1d(a, b, assume_unique=True)
    if len(a) < _KEPT and len(b) < _KEPT:
        return len(both) >= _SAME * (len(a) + len(b) - len(both))
    # of long texts the smallest pieces of the union are a random sample of it (bottom-k sketch, Broder 1997)
    union = np.union1d(a, b)[:_KEPT]
    return int(np.count_nonzero(both <= union[-1])) >= _SAME * len(union)


def ngrams(text: str) -> np.ndarray:
    """Hashes of the pieces of a text, each once, ascending, the smallest 4096 of them. -> uint32 [n]."""
    found = np.unique(_hashed(text[:_CHUNK]))[:_KEPT]
    for start in range(_CHUNK, len(text), _CHUNK):
        found = np.unique(np.concatenate([found, _hashed(text[start : start + _CHUNK])]))[:_KEPT]
    return found


def _hashed(text: str) -> np.ndarray:
    """One hash for every piece, capitals and white space aside, uint32 [n]."""
    return hashed(" ".join(text.lower().split()))


@cache
def _functions() -> tuple[np.ndarray, np.ndarray]:
    """Odd factors and offsets of the hash functions, uint32 [128, 1] each."""
    numbers = mixed(np.arange(1, 2 * _BITS + 1, dtype=np.uint32)[:, None])
    return numbers[:_BITS] | np.uint32(1), numbers[_BITS:]
