"""What a simple model sees of words: their letters and shapes and those of their neighbours, as sparse features."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_FEATURES = 1 << 18  # features are hashed into so many columns; fewer make them collide
_SHAPES = ((re.compile(r"[A-Z]+"), "A"), (re.compile(r"[a-z]+"), "a"), (re.compile(r"\d+"), "0"))
_NEAR = 10  # words of distance that are told apart


def of_words(rows: Sequence[Sequence[str]]) -> csr_matrix:
    """One row a word, [words, F]: itself, its beginning, end and shape, and two words on each side."""
    return _hashed(features for words in rows for features in described(words))


def of_roles(rows: Sequence[tuple[Sequence[str], Sequence[int]]]) -> csr_matrix:
    """One row a predicate and word, [predicates * words, F]: the word, the predicate, how they lie to each other."""
    return _hashed(
        [*features, *_related(words, place, asked)]
        for words, marked in rows
        for asked in marked
        for place, features in enumerate(described(words))
    )


def shape(word: str) -> str:
    """ "McDonald's" -> "AaAa'a": runs of capitals, small letters and digits, everything else as it is."""
    for pattern, sign in _SHAPES:
        word = pattern.sub(sign, word)
    return word


def described(words: Sequence[str]) -> Iterator[list[str]]:
    """Names of what is seen of each word, where it stands."""
    lower = [word.lower() for word in words]
    shapes = [shape(word)[:8] for word in words]
    around = ["<s>", "<s>", *lower, "</s>", "</s>"]
    for place, word in enumerate(lower):
        before, ahead = around[place + 1], around[place + 3]
        yield [
            "b", f"w={word}", f"p2={word[:2]}", f"p3={word[:3]}", f"s2={word[-2:]}", f"s3={word[-3:]}",
            f"s4={word[-4:]}", f"h={shapes[place]}", f"-2={around[place]}", f"-1={before}", f"+1={ahead}",
            f"+2={around[place + 4]}", f"-1,0={before},{word}", f"0,+1={word},{ahead}",
            f"-1h={shapes[place - 1] if place else ''}", f"+1h={shapes[place + 1] if place + 1 < len(words) else ''}",
        ]  # fmt: skip


def _related(words: Sequence[str], place: int, asked: int) -> list[str]:
    """How a word lies to the predicate: the side, the distance, and both words together."""
    predicate, word = words[asked].lower(), words[place].lower()
    apart = max(-_NEAR, min(_NEAR, place - asked))
    low, high = sorted((place, asked))
    comma = any(one in (",", ";", ":") for one in words[low + 1 : high])
    side, before = place < asked, words[asked - 1].lower() if asked else ""
    return [
        f"v={predicate}", f"d={apart}", f"d,v={apart},{predicate}", f"w,v={word},{predicate}", f"c={comma},{side}",
        f"w,d={word},{side}", f"vs,d={predicate[-3:]},{apart}", f"v-={before}",
    ]  # fmt: skip


def _hashed(rows: Iterator[list[str]]) -> csr_matrix:
    """Rows of names as rows of length 1, float32."""
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction import FeatureHasher
    from sklearn.preprocessing import normalize

    hasher = FeatureHasher(_FEATURES, input_type="string", dtype=np.float32, alternate_sign=False)  # pyright: ignore[reportArgumentType]
    return csr_matrix(normalize(hasher.transform(rows), copy=False))
