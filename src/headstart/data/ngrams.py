"""Hashed n-grams of texts: what a linear model sees of them, without a vocabulary that would have to be learned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from scipy.sparse import csr_matrix

    from headstart.core.contracts import Columns
    from headstart.core.contracts.sparse import Grams

BLOCK = 1 << 17  # columns of words, and as many of characters
_UNSPACED = 0.3  # share of letters from scripts without spaces from which characters stand in for words
_LOOK = 100_000  # letters looked at
_WORD = r"(?u)\b\w+\b"  # with words of one letter: "i" and "t" (don't) count in opinions

# Code points of Thai to Khmer, and of Kana, Han with its extensions: scripts that put no space between words.
_RANGES = ((0x0E00, 0x0FFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF),
           (0x20000, 0x3FFFF))  # fmt: skip


def ngrams(texts: Iterable[str]) -> csr_matrix:
    """Rows of 1 + log(count), float32 [n, 2 * BLOCK]: words and pairs of words, then 2 to 5 characters within words.

    Of texts whose words are not written apart: characters and pairs of them, then the pairs again.
    """
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import HashingVectorizer

    given = list(texts)
    halves = [
        HashingVectorizer(
            analyzer=analyzer,  # pyright: ignore[reportArgumentType] - a function is allowed
            n_features=BLOCK, norm=None, alternate_sign=False, dtype=np.float32,  # pyright: ignore[reportArgumentType]
        ).transform(given)
        for analyzer in (_words, _characters)
    ]  # fmt: skip
    rows = csr_matrix(hstack(halves), dtype=np.float32)
    rows.data = 1 + np.log(rows.data)
    return rows


def unspaced_share(texts: Sequence[str]) -> float:
    """Share of letters that belong to scripts without spaces between words, in evenly spread texts."""
    step = max(1, sum(map(len, texts)) // _LOOK)
    letters = np.array([ord(c) for text in texts[::step] for c in text if c.isalpha()], np.int64)
    if not len(letters):
        return 0.0
    inside = sum(np.count_nonzero((letters >= low) & (letters <= high)) for low, high in _RANGES)
    return float(inside) / len(letters)


def rarity(rows: csr_matrix) -> np.ndarray:
    """How rare features are among rows [n, F]: log(rows / rows that have it) + 1, smoothed; 0 of what none has."""
    held = np.bincount(rows.indices, minlength=rows.shape[1])  # pyright: ignore[reportOptionalSubscript]
    return ((np.log((1 + rows.shape[0]) / (1 + held)) + 1) * (held > 0)).astype(np.float32)  # pyright: ignore[reportOptionalSubscript]


def weighed(rows: csr_matrix, weights: np.ndarray, blocks: int) -> csr_matrix:
    """Rows [n, F] times the weights of features [F]; each of so many blocks of columns brought to length 1, then the
    row as a whole."""
    from scipy.sparse import csr_matrix, diags

    count, width = rows.shape  # pyright: ignore[reportGeneralTypeIssues]
    found = csr_matrix(rows @ diags(weights), dtype=np.float32)
    row = np.repeat(np.arange(count), np.diff(found.indptr))
    place = row * blocks + found.indices // (width // blocks)
    lengths = np.sqrt(np.bincount(place, found.data.astype(np.float64) ** 2, count * blocks))
    present = (lengths.reshape(-1, blocks) > 0).sum(1)
    found.data /= (np.maximum(lengths[place], 1e-12) * np.sqrt(present[row])).astype(np.float32)
    return found


def side_by_side(grams: Grams, learned: Columns, asked: Columns) -> tuple[csr_matrix, csr_matrix]:
    """The features of stored rows for a linear baseline, both weighted by what the learned ones say."""
    rows = [grams.of(columns) for columns in (learned, asked)]
    weights = grams.rarity(rows[0])
    return weighed(rows[0], weights, grams.blocks), weighed(rows[1], weights, grams.blocks)


def _words(text: str) -> Sequence[str]:
    return _cut("char", 1, 2)(text) if _is_unspaced(text) else _cut("word", 1, 2)(text)


def _characters(text: str) -> Sequence[str]:
    return _cut("char", 2, 2)(text) if _is_unspaced(text) else _cut("char_wb", 2, 5)(text)


def _is_unspaced(text: str) -> bool:
    return not text.isascii() and unspaced_share([text]) > _UNSPACED


@cache
def _cut(kind: str, least: int, most: int) -> Callable[[str], Sequence[str]]:
    """scikit-learn's own way to cut a text into n-grams; small letters."""
    from sklearn.feature_extraction.text import CountVectorizer

    pattern = _WORD if kind == "word" else None
    made = CountVectorizer(analyzer=kind, ngram_range=(least, most), token_pattern=pattern)  # pyright: ignore[reportArgumentType]
    return made.build_analyzer()
