"""What a simple model sees of texts: words and pairs of words, weighted by how rare they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_MOST = 200_000  # features, the most frequent ones
_FEW = 1000  # rows below which a word counts that occurs in one text alone
_UNSPACED = 0.3  # share of letters from scripts without spaces from which single characters are counted
_LOOK = 100_000  # letters looked at
_WORD = r"(?u)\b\w+\b"  # with words of one letter: "i" and "t" (don't) count in opinions

# Code points of Thai to Khmer, and of Kana, Han with its extensions: scripts that put no space between words.
_RANGES = ((0x0E00, 0x0FFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF),
           (0x20000, 0x3FFFF))  # fmt: skip


def tfidf(learned: Sequence[str], asked: Sequence[str]) -> tuple[csr_matrix, csr_matrix]:
    """Rows of length 1, float32 [n, F] each; which words there are and how rare they are is known of `learned` alone.

    1 + log(count) of each word and pair of words times log(rows / rows that have it); of one to three characters
    where words are not written apart.
    """
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

    least = 1 if len(learned) < _FEW else 2
    apart = unspaced_share(learned) <= _UNSPACED
    ways = [("word", (1, 2), least), ("word", (1, 2), 1)] if apart else [("char", (1, 3), least)]
    for analyzer, lengths, rows in [*ways, ("char", (1, 3), 1)]:
        counter = TfidfVectorizer(
            analyzer=analyzer, ngram_range=lengths, min_df=rows, max_features=_MOST, sublinear_tf=True,
            token_pattern=_WORD if analyzer == "word" else None,  # pyright: ignore[reportArgumentType] - None is allowed
            dtype=np.float32,  # pyright: ignore[reportArgumentType] - and so is another precision than the default
        )  # fmt: skip
        try:
            return csr_matrix(counter.fit_transform(learned)), csr_matrix(counter.transform(asked))
        except ValueError as cause:  # no word at all, or none twice: the next way counts smaller things
            if "vocabulary" not in str(cause) and "no terms remain" not in str(cause):
                raise
    raise AssertionError("cleaned texts are never empty, so that they have characters to count")


def unspaced_share(texts: Sequence[str]) -> float:
    """Share of letters that belong to scripts without spaces between words, in evenly spread texts."""
    step = max(1, sum(map(len, texts)) // _LOOK)
    letters = np.array([ord(c) for text in texts[::step] for c in text if c.isalpha()], np.int64)
    if not len(letters):
        return 0.0
    inside = sum(np.count_nonzero((letters >= low) & (letters <= high)) for low, high in _RANGES)
    return float(inside) / len(letters)
