"""Does a table begin with a row, rather than with the names of its columns?"""

from collections.abc import Sequence
from itertools import pairwise

from headstart.data.labels.numbers import plain_number

_NUMBERS = 0.9  # share of the cells below a number that are numbers, too


def is_like_rows(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Are the cells of the first line like those below? Its numbers stand above numbers, and half of its words come
    again below; without words the numbers do not rise from cell to cell, as years and places do that name columns."""
    rows = [row for row in rows if len(row) == len(first)]
    numbers = {place: value for place, cell in enumerate(first) if (value := plain_number(cell.strip())) is not None}
    if not numbers or not rows:
        return False
    for place in numbers:
        below = [row[place].strip() for row in rows if row[place].strip()]
        if sum(plain_number(cell) is not None for cell in below) < _NUMBERS * max(1, len(below)):
            return False
    words = [place for place, cell in enumerate(first) if place not in numbers and cell.strip()]
    if words:
        return 2 * sum(any(row[place] == first[place] for row in rows) for place in words) >= len(words)
    return not all(a < b for a, b in pairwise(numbers.values()))
