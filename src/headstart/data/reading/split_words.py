"""Other names of the parts than train, valid and test, in a column that says which part a row belongs to."""

import re
from typing import Any

from headstart.data.labels.spelling import cleaned, is_no_label
from headstart.data.reading.folder_layout import split_of

_WORDS = {
    "train": ("train", "training", "fit", "learn"),
    "valid": ("valid", "val", "validation", "dev", "development", "eval", "evaluation", "tune", "tuning"),
    "test": ("test", "testing", "holdout", "heldout"),
}
_TICKED = {"is_valid": "valid", "is_val": "valid", "is_validation": "valid", "is_dev": "valid", "is_test": "test"}
_HOLD_OUT = re.compile(r"(hold|held)[^a-z]?out")
_YES = frozenset({"true", "1", "1.0", "yes", "y", "t"})
TICKED = tuple(_TICKED)  # columns that say of one part whether a row belongs to it


def part_of(value: Any, column: str) -> tuple[str | None, str | None]:
    """The part that a cell names, and the word if it is none of the usual ones; (None, None) for an empty cell.

    `test_public` is test, `holdout` too, `eval` is valid; a word that names none or two of them is left alone.
    """
    text = "" if value is None else cleaned(str(value))
    if is_no_label(text):
        return None, None
    ticked = _TICKED.get(column.strip().lower())
    if ticked is not None:
        return (ticked if is_yes(text) else "train"), None
    usual = split_of(text)
    if usual is not None:
        return usual, None
    words = re.split("[^a-z]+", _HOLD_OUT.sub("holdout", text.lower()))
    found = {part for part, names in _WORDS.items() if any(word in names for word in words)}
    return (found.pop() if len(found) == 1 else None), text


def is_yes(value: Any) -> bool:
    """Does a cell say yes?"""
    return value is not None and cleaned(str(value)).lower() in _YES
