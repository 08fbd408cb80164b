"""How many words or letters of a transcript are wrong, and which."""

from collections.abc import Hashable, Sequence
from functools import lru_cache

_UNLIKE = 2.0**-20
_REMEMBERED = 1 << 16  # transcripts are compared again and again where scores are resampled


@lru_cache(_REMEMBERED)
def word_errors(said: str, true: str) -> tuple[int, int]:
    """Words to put in, take out or change until what was said is true, and words of the truth."""
    words = true.split()
    return distance(said.split(), words), len(words)


@lru_cache(_REMEMBERED)
def letter_errors(said: str, true: str) -> tuple[int, int]:
    """The same of letters, spaces included."""
    return distance(said, true), len(true)


def distance(said: Sequence[Hashable], true: Sequence[Hashable]) -> int:
    """Edit distance (Levenshtein 1966), a column a step in the bits of whole numbers (Myers 1999; Hyyro 2003)."""
    if not said:
        return len(true)
    places: dict[Hashable, int] = {}
    for place, symbol in enumerate(said):
        places[symbol] = places.get(symbol, 0) | 1 << place
    every, top, found = (1 << len(said)) - 1, 1 << (len(said) - 1), len(said)
    rises, falls = every, 0  # where a column goes up and down by one, from row to row
    for symbol in true:
        equal = places.get(symbol, 0)
        level = (((equal & rises) + rises) ^ rises) | equal | falls
        up, down = falls | (every & ~(level | rises)), level & rises
        found += bool(up & top) - bool(down & top)
        up, down = (up << 1 | 1) & every, (down << 1) & every
        rises, falls = down | (every & ~(level | up)), up & level
    return found


def alignment(said: Sequence[str], true: Sequence[str]) -> list[tuple[str | None, str | None]]:
    """Pairs of what was said and what is true, in order, with the fewest errors; None where one of them has nothing.

    Of ways with as many errors the one that pairs words with like letters.
    """
    costs = [[float(column) for column in range(len(true) + 1)]]
    for row, word in enumerate(said, 1):
        line = [float(row)]
        for column, other in enumerate(true, 1):
            above, before = costs[row - 1], line[column - 1]
            line.append(min(above[column - 1] + _change(word, other), above[column] + 1, before + 1))
        costs.append(line)
    pairs: list[tuple[str | None, str | None]] = []
    i, j = len(said), len(true)
    while i or j:
        if i and j and costs[i][j] == costs[i - 1][j - 1] + _change(said[i - 1], true[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((said[i], true[j]))
        elif i and costs[i][j] == costs[i - 1][j] + 1:
            i -= 1
            pairs.append((said[i], None))
        else:
            j -= 1
            pairs.append((None, true[j]))
    return pairs[::-1]


def _change(said: str, true: str) -> float:
    """One error, and so little more for unlike letters that it never counts as another."""
    return 0.0 if said == true else 1.0 + letter_errors(said, true)[0] / max(len(said), len(true)) * _UNLIKE
