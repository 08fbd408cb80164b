"""Tables that are read whole: every column that is no label, split or name of rows is a cell of the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headstart.data.alphabets import is_sequence
from headstart.data.file_names import has_known_name
from headstart.data.reading import guess_columns
from headstart.data.records import is_missing

_SHORT = 6.0  # words a cell below which a column is rather one of names than of texts
_FEWEST = 2  # columns of numbers and classes beside names from which a table is read whole


def is_whole(
    columns: Sequence[str], wanted: Sequence[str], answers: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> bool:
    """Are these cells of one row rather than an input and facts beside it?

    wanted   the column with a usual name of an input, () if there is none
    answers  the columns of the label, () if it is not known
    """
    kinds = guess_columns.kinds([name for name in columns if name not in answers], rows)
    cells = [name for name, kind in kinds.items() if kind in ("number", "class")]
    if wanted:
        return len(wanted) == 1 and kinds.get(wanted[0]) == "number" and len(cells) > _FEWEST
    content = [name for name, kind in kinds.items() if kind == "content"]
    if any(_is_foreign([row.get(name) for row in rows]) for name in content):
        return False
    enough = 1 if answers and not content and "word" not in kinds.values() else _FEWEST + (not answers)
    return len(cells) >= enough and all(_words([row.get(name) for row in rows]) < _SHORT for name in content)


def are_cells(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bool:
    """Are columns that somebody named as the input numbers and classes, and none of them a text?"""
    kinds = guess_columns.kinds(columns, rows)
    return len(columns) > 1 and all(kind in ("number", "class", "id") for kind in kinds.values())


def _is_foreign(values: Sequence[Any]) -> bool:
    """Are these pictures, names of files or sequences, each of which is an input by itself?"""
    there = [value for value in values if not is_missing(value) and value != ""]
    texts = [value for value in there if isinstance(value, str)]
    return len(texts) < len(there) or all(map(has_known_name, texts)) or 2 * sum(map(is_sequence, texts)) > len(texts)


def _words(values: Sequence[Any]) -> float:
    """Words a cell."""
    texts = [value for value in values if isinstance(value, str) and value.strip()]
    return sum(len(text.split()) for text in texts) / max(1, len(texts))
