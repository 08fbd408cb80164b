"""Words that tell some texts from others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from headstart.core.contracts.look import Line, Piece

_WORD = re.compile(r"[^\W\d_]{2,}")
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff]")  # scripts that write no spaces: pairs of letters are read
SHOWN = 8


def words_of(text: str) -> set[str]:
    """The words of a text in small letters; of scripts without spaces pairs of letters."""
    found = set[str]()
    for word in _WORD.findall(text.lower()):
        found |= {a + b for a, b in pairwise(word)} if _DENSE.search(word) else {word}
    return found


def grams_of(text: str, length: int) -> set[str]:
    """All stretches of so many letters."""
    return {text[start : start + length] for start in range(len(text) - length + 1)}


def telling(inside: Iterable[set[str]], outside: Iterable[set[str]]) -> Sequence[Line]:
    """The words that rows of a group have most surely oftener than others, each with the share of rows that have it.

    Ranked by the log odds ratio over its deviation, half a row added to each count (Monroe et al. 2008).
    """
    (few, n), (many, m) = _counted(inside), _counted(outside)
    ranked = list[tuple[float, str]]()
    for word, a in few.items():
        b = many[word]
        odds = np.log((a + 0.5) / (n - a + 0.5)) - np.log((b + 0.5) / (m - b + 0.5))
        ranked.append(
            (float(odds / np.sqrt(1 / (a + 0.5) + 1 / (n - a + 0.5) + 1 / (b + 0.5) + 1 / (m - b + 0.5))), word)
        )
    best = [word for score, word in sorted(ranked, key=lambda one: (-one[0], one[1]))[:SHOWN] if score > 2]
    return [(Piece(f"{word}: {few[word] / n:.0%} of its rows, {many[word] / m:.0%} of others"),) for word in best]


def _counted(rows: Iterable[set[str]]) -> tuple[Counter[str], int]:
    every = list(rows)
    return Counter(word for row in every for word in row), max(1, len(every))
