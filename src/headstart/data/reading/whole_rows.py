"""Tables that are read whole: every column that is no label, split or name of rows is a cell of the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headstart.core.errors import DataError
from headstart.data.alphabets import is_sequence
from headstart.data.file_names import has_known_name
from headstart.data.reading import guess_columns
from headstart.data.reading.accounts import some
from headstart.data.records import is_missing

_SHORT = 6.0  # words a cell below which a column is rather one of names than of texts
_AS_MANY = 3  # such columns beside one of texts from which both readings are equally likely
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
        return len(wanted) == 1 and kinds.get(wanted[0]) == "number" and (bool(answers) or len(cells) > _FEWEST)
    content = [name for name, kind in kinds.items() if kind == "content"]
    if any(_is_foreign([row.get(name) for row in rows]) for name in content):
        return False
    enough = 1 if answers and not content and "word" not in kinds.values() else _FEWEST + (not answers)
    return len(cells) >= enough and all(_words([row.get(name) for row in rows]) < _SHORT for name in content)


def are_cells(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bool:
    """Are columns that somebody named as the input numbers and classes, and none of them a text?"""
    kinds = guess_columns.kinds(columns, rows)
    return len(columns) > 1 and all(kind in ("number", "class", "id") for kind in kinds.values())


def beside_text(
    text: str, others: Sequence[str], rows: Sequence[Mapping[str, Any]], where: str, *, sure: bool
) -> tuple[str, ...]:
    """What to say of columns of numbers and classes that are not read beside one of texts. DataError where they are
    many, unless it is `sure` that the text is the input."""
    if _is_foreign([row.get(text) for row in rows]) or _words([row.get(text) for row in rows]) < _SHORT:
        return ()
    cells = [name for name, kind in guess_columns.kinds(others, rows).items() if kind in ("number", "class")]
    if not sure and len(cells) >= _AS_MANY:
        found = f"column {text} of texts, and {len(cells)} columns of numbers and names: {some(cells)}"
        fix = f"read all columns with --modality table, or the texts alone with --input {text}"
        raise DataError(770, "these may be texts or rows of a table", where=where, found=found, fix=fix)
    told = f"columns {some(cells)} are not read beside the texts of column {text}: --modality table reads all columns"
    return (told,) if len(cells) >= _FEWEST else ()


def _is_foreign(values: Sequence[Any]) -> bool:
    """Are these pictures, names of files or sequences, each of which is an input by itself?"""
    there = [value for value in values if not is_missing(value) and not (isinstance(value, str) and not value)]
    texts = [value for value in there if isinstance(value, str)]
    return len(texts) < len(there) or all(map(has_known_name, texts)) or 2 * sum(map(is_sequence, texts)) > len(texts)


def _words(values: Sequence[Any]) -> float:
    """Words a cell."""
    texts = [value for value in values if isinstance(value, str) and value.strip()]
    return sum(len(text.split()) for text in texts) / max(1, len(texts))
