"""Columns without usual names: which one holds texts or pictures, and which one their labels."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from headstart.data.alphabets import is_sequence
from headstart.data.file_names import MEDIA, has_known_name
from headstart.data.records import is_missing

LOOK = 1000  # rows whose values are looked at; what was chosen is told
_MANY_WORDS, _FEW_WORDS = 3, 1.5  # words a value from which it is rather a text than the name of a class
_ID = re.compile(r"(^|[_\s.-])(id|idx|index|key|uuid|guid|no|nr|number|unnamed: \d+)$|^$|Id$|ID$")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)*|[.,]\d+)([eE][+-]?\d+)?\s*%?")

Kind = Literal["content", "class", "number", "id", "word", "other"]


def inputs(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The columns that may be the input: texts, pictures or their names; else words that never come again."""
    known = kinds(columns, rows)
    found = [name for name, kind in known.items() if kind == "content"]
    return found or [name for name, kind in known.items() if kind == "word"]


def kinds(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, Kind]:
    """What the values of each column are."""
    return {name: _kind(name, [row.get(name) for row in rows]) for name in columns}


def are_media(values: Sequence[Any]) -> bool:
    """Are these pictures or sounds, or the names of their files?"""
    there = [value for value in values if not is_missing(value)]
    names = [value for value in there if isinstance(value, str)]
    return bool(there) and all(PurePosixPath(name.strip().lower()).suffix in MEDIA for name in names)


def are_lost_files(values: Sequence[Any], folder: Path) -> bool:
    """Are these names of files, of which the first ones do not lie in the folder?"""
    names = [value.strip() for value in values if isinstance(value, str) and value.strip()]
    return bool(names) and all(map(has_known_name, names)) and not any((folder / name).is_file() for name in names[:5])


def targets(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The columns that may be the label: names that come again, or numbers."""
    return [name for name, kind in kinds(columns, rows).items() if kind in ("class", "number")]


def _kind(name: str, values: Sequence[Any]) -> Kind:
    """What the values of a column are, by most of them; "other" for what is neither text nor number."""
    there = [value for value in values if not is_missing(value) and not (isinstance(value, str) and not value)]
    if not there:
        return "other"
    if all(isinstance(value, bytes) or (isinstance(value, Mapping) and "bytes" in value) for value in there):
        return "content"
    if not all(isinstance(value, str | int | float) for value in there):
        return "other"
    texts = [str(value).strip() for value in there]
    again = len(set(texts)) <= len(texts) / 2
    if all(_NUMBER.fullmatch(text) for text in texts):
        return "id" if _ID.search(name) or (not again and _counts(texts)) else "number"
    if all(has_known_name(text) for text in texts):
        return "content"
    if 2 * sum(map(is_sequence, texts)) > len(texts):
        return "content"
    words = sum(len(text.split()) for text in texts) / len(texts)
    if again:
        return "class" if words < _MANY_WORDS else "content"
    if words >= _FEW_WORDS:
        return "content"
    return "id" if _ID.search(name) or any(letter.isdigit() for text in texts for letter in text) else "word"


def _counts(texts: Sequence[str]) -> bool:
    """Are these whole numbers that go up by one?"""
    if len(texts) < 3 or not all(text.isdecimal() for text in texts):
        return False
    first = int(texts[0])
    return all(int(text) == first + place for place, text in enumerate(texts))
