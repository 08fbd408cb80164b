"""What a linear model sees of words: their letters and shapes and those of their neighbours, as numbers of features."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FEATURES = 1 << 18  # features are hashed into so many numbers; fewer make them collide
WORD, ENDING, SHAPE, BEFORE, SEPARATES = 0, 4, 6, 8, 15
"""Columns of the word itself, its last three letters, its shape, the word before it, and whether it separates."""

_SHAPES = ((re.compile(r"[A-Z]+"), "A"), (re.compile(r"[a-z]+"), "a"), (re.compile(r"\d+"), "0"))
_SEPARATORS = (",", ";", ":")
SEPARATOR = crc32(b",=True") % FEATURES  # the feature of a comma, a semicolon or a colon


@dataclass(frozen=True, slots=True)
class Letters:
    """Letters, shape and neighbours of a word, as `headstart.core.contracts.sparse.WordGrams` asks for them."""

    width: int = FEATURES

    def of(self, words: Sequence[str]) -> np.ndarray:
        return numbers(words)


def numbers(words: Sequence[str]) -> np.ndarray:
    """The features of each word where it stands, int32 [words, 16] in [0, FEATURES).

    Itself, its beginning, end and shape, two words on each side and their shapes, and pairs of neighbours.
    """
    found = [_hashed(features) for features in described(words)]
    return np.array(found, np.int32).reshape(len(words), SEPARATES + 1)


def shape(word: str) -> str:
    """ "McDonald's" -> "AaAa'a": runs of capitals, small letters and digits, everything else as it is."""
    for pattern, sign in _SHAPES:
        word = pattern.sub(sign, word)
    return word


def described(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Names of what is seen of each word, where it stands."""
    lower = [word.lower() for word in words]
    shapes = [shape(word)[:8] for word in words]
    around = ["<s>", "<s>", *lower, "</s>", "</s>"]
    for place, word in enumerate(lower):
        before, ahead = around[place + 1], around[place + 3]
        yield (
            f"w={word}", f"p2={word[:2]}", f"p3={word[:3]}", f"s2={word[-2:]}", f"s3={word[-3:]}", f"s4={word[-4:]}",
            f"h={shapes[place]}", f"-2={around[place]}", f"-1={before}", f"+1={ahead}", f"+2={around[place + 4]}",
            f"-1,0={before},{word}", f"0,+1={word},{ahead}",
            f"-1h={shapes[place - 1] if place else ''}", f"+1h={shapes[place + 1] if place + 1 < len(words) else ''}",
            f",={word in _SEPARATORS}",
        )  # fmt: skip


@lru_cache(1 << 16)
def _hashed(features: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(crc32(feature.encode()) % FEATURES for feature in features)


def as_rows(features: np.ndarray, width: int = FEATURES) -> csr_matrix:
    """Numbers of features [n, M], -1 where there is none, as rows of length 1, float32 [n, width]."""
    from scipy.sparse import csr_matrix

    there = features >= 0
    offsets = np.concatenate([[0], there.sum(1).cumsum()])
    values = np.repeat(1 / np.sqrt(np.maximum(there.sum(1), 1)), there.sum(1)).astype(np.float32)
    return csr_matrix((values, features[there], offsets), shape=(len(features), width))
