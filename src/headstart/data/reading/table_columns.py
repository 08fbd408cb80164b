"""Which column of a table is the input, which the label, which the split; and one row as an example."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from headstart.core.errors import DataError, nearest
from headstart.data.reading.folder_layout import split_of
from headstart.data.reading.word_rows import of_words
from headstart.data.records import is_missing

_INPUTS = ("input", "image", "img", "picture", "photo", "file", "filename", "file_name", "path", "filepath",
           "file_path", "text", "sentence", "review", "document", "body", "description")  # fmt: skip
_INPUTS_LATE = ("image_path", "image_file", "bytes", "content", "title", "x")
_WITH_TITLE = ("text", "body", "description", "content")  # columns that a title belongs to
_TARGETS = ("label", "labels", "class", "target", "category", "sentiment", "topic", "intent", "y")
_WORDS = ("tokens", "words")  # columns of texts that people cut into words, a list a row
_TAGGED = ("predicates", "ner_tags", "tags")  # and of what they said of the words
_SPLITS = ("split", "subset", "part")
# what an example calls its own facts: no other column may pose as them
_OWN = ("origin", "label", "split", "range", "repaired")


@dataclass(frozen=True, slots=True)
class Roles:
    """The columns that matter; `target` and `split` are None where the table has none.

    Several `inputs` belong to one row, as title and text do. `words` says that the one input is a list of words.
    """

    inputs: tuple[str, ...]
    target: str | None
    split: str | None
    words: bool = False


def choose(columns: Sequence[str], *, input: str | None, target: str | None, where: str) -> Roles:
    """Columns named by the user, by name or by number from 1 (`input` several, with commas between them), else those
    with usual names; DataError lists the columns there are."""
    wanted = _inputs(columns, input, where)
    named = _named(columns, target, "target", where)
    words = len(wanted) == 1 and (wanted[0].strip().lower() in _WORDS or (named or "").strip().lower() in _TAGGED)
    if named is not None and named in wanted:
        raise one_column(named, where)
    answer = named or _usual([c for c in columns if c not in wanted], (*_TAGGED, *_TARGETS) if words else _TARGETS)
    split = _usual([c for c in columns if c != answer and c not in wanted], _SPLITS)
    if not wanted:
        found, fix = "columns " + ", ".join(columns), "pass --input COLUMN"
        raise DataError(211, "cannot tell which column is the input", where=where, found=found, fix=fix)
    return Roles(wanted, answer, split, words)


def check_names(columns: Sequence[str], path: Path) -> None:
    """DataError if two columns have one name."""
    twice = sorted({name for name in columns if list(columns).count(name) > 1})
    if twice:
        fix = "rename one of them"
        raise DataError(254, "two columns have the same name", where=path.name, found=f"'{twice[0]}'", fix=fix)


def one_column(name: str, where: str) -> DataError:
    """The error for an input and a target that are the same column."""
    fix = "name the column that holds what is to be predicted"
    return DataError(213, "the input and the target are one column", where=where, found=f"'{name}'", fix=fix)


def is_usual(column: str) -> bool:
    """Is this what people call an input, label or split column?"""
    return column.strip().lower() in (*_INPUTS, *_INPUTS_LATE, *_WORDS, *_TARGETS, *_TAGGED, *_SPLITS)


def _inputs(columns: Sequence[str], names: str | None, where: str) -> tuple[str, ...]:
    """The columns meant by "text" or "title,text", else those with a usual name; () if there are none."""
    if names is not None:
        several = [names] if names in columns else [name.strip() for name in names.split(",")]
        return tuple(name for one in several if (name := _named(columns, one, "input", where)) is not None)
    words = _usual(columns, _WORDS)
    if words is not None and _usual(columns, _TAGGED) is not None:
        return (words,)
    found = _usual(columns, (*_INPUTS, *_INPUTS_LATE, *_WORDS))
    title = _usual(columns, ("title",))
    if found is not None and title is not None and found.strip().lower() in _WITH_TITLE:
        return (title, found)
    return () if found is None else (found,)


def _named(columns: Sequence[str], name: str | None, role: str, where: str) -> str | None:
    if name is None or name in columns:
        return name
    if name.isdecimal() and 1 <= int(name) <= len(columns):
        return columns[int(name) - 1]
    found, fix = "columns " + ", ".join(columns), f"for --{role}: {nearest(name, columns)}"
    raise DataError(212, f"no column '{name}'", where=where, found=found, fix=fix)


def _usual(columns: Sequence[str], names: Sequence[str]) -> str | None:
    lower = {c.strip().lower(): c for c in columns}
    return next((lower[name] for name in names if name in lower), None)


def example(row: Mapping[str, Any], roles: Roles, origin: str) -> dict[str, Any]:
    """One row as an example; several input columns become {name: value}, other columns keep their names.

    A list label stays a list (many labels), a missing one (None, NaN, "") is left out. Where the input is a list of
    words, a list label is their tags, and predicates with arguments are roles.
    """
    values = {name: row[name] for name in roles.inputs}
    value: Any = values if len(values) > 1 else values[roles.inputs[0]]
    if len(values) == 1 and isinstance(value, Mapping) and "bytes" in value:  # as Hugging Face data sets store images
        value = value["bytes"] if value["bytes"] is not None else value.get("path")
    known = (*roles.inputs, roles.target, roles.split, *_OWN)
    made: dict[str, Any] = {**{k: v for k, v in row.items() if k not in known}, "input": value, "origin": origin}
    label = None if roles.target is None else plain(row[roles.target])
    if roles.words and not isinstance(value, str) and not is_missing(value):
        try:
            are_roles = (roles.target or "").strip().lower() == "predicates"
            named = {"predicates": label} if isinstance(label, list) and are_roles else label
            made |= of_words(value, named, origin)
        except DataError as error:
            return {**made, "input": error}
    elif label is not None:
        made["label"] = label
    split = None if roles.split is None else split_of(row[roles.split])
    if split is not None:
        made["split"] = split
    return made


def plain(value: Any) -> Any:
    """A label as plain Python: numpy scalars and arrays unwrapped, also inside of others, None for what is missing."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if is_missing(value) or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    return value if isinstance(value, str | int | float | bool) else str(value)
