"""How a label is spelled: the text as it is written, without what cannot be seen; and what stands for no label."""

import math
import unicodedata
from collections.abc import Sequence, Set
from decimal import Decimal
from typing import Any

MISSING = frozenset({"nan", "-nan", "n/a", "#n/a", "<na>", "nat", "null"})
MISSING_NUMBER = frozenset({"na", "none", "-", "?"})  # no numbers; among names they may be names
_UNSEEN = frozenset("\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u00ad")
_EXACT = 1 << 53


class Cell(str):
    """A text of a format that has no types: it may be a number, or several labels."""

    __slots__ = ()


def cleaned(text: str) -> str:
    """The text in Unicode's composed form (NFC), without blanks and invisible characters around it."""
    if (bare := text.strip()).isascii():
        return bare
    begin, end = 0, len(text)
    while begin < end and _is_unseen(text[begin]):
        begin += 1
    while end > begin and _is_unseen(text[end - 1]):
        end -= 1
    return unicodedata.normalize("NFC", text[begin:end])


def is_no_label(text: str) -> bool:
    """Does a text, cleaned, stand for a value that is missing?"""
    return not text or text.lower() in MISSING


def spelled(number: Any) -> str:
    """A label as a name: 1 and 1.0 are one."""
    if isinstance(number, float) and number.is_integer() and abs(number) < _EXACT:
        return str(int(number))
    return str(number)


def dotted_names(sources: Sequence[Set[str]]) -> dict[str, str]:
    """Names of sources in which every name ends with a dot, and the same without it, where all of these are names of
    the other sources, none of which ends so; {} otherwise. The test file of Adult is written so."""
    dotted = [names for names in sources if names and all(name.endswith(".") for name in names)]
    plain = {name for names in sources if names not in dotted for name in names}
    found = {name: name[:-1] for names in dotted for name in names}
    return found if set(found.values()) <= plain and not any(name.endswith(".") for name in plain) else {}


def as_number(value: Decimal) -> int | float:
    """A decimal number as Python's own: 3 for 3, 0.5 for 0.50."""
    return int(value) if value.is_finite() and value == value.to_integral_value() else float(value)


def is_whole(number: Any) -> bool:
    """Is this a whole number, of whatever type? Infinity is none."""
    return isinstance(number, int) or (math.isfinite(number) and float(number).is_integer())


def _is_unseen(letter: str) -> bool:
    return letter.isspace() or letter in _UNSEEN
