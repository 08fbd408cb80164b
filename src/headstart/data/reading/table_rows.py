"""One row of a table as an example, and its label as plain Python."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from headstart.core.errors import DataError
from headstart.data.labels.census import LabelColumns
from headstart.data.labels.readings import Step
from headstart.data.labels.several import listed
from headstart.data.labels.spelling import as_number
from headstart.data.reading.letter_rows import of_letters
from headstart.data.reading.over_time import reading
from headstart.data.reading.roles import Roles
from headstart.data.reading.split_words import is_yes, part_of
from headstart.data.reading.word_rows import of_words
from headstart.data.records import is_missing

# what an example calls its own facts: no other column may pose as them
OWN = frozenset(("input", "origin", "label", "split", "part", "range", "repaired", "kept", "whole", "apart"))


def example(row: Mapping[str, Any], roles: Roles, origin: str) -> dict[str, Any]:
    """One row as an example; several input columns become {name: value}, other columns keep their names.

    A list label stays a list (many labels), a missing one (None, NaN, "") is left out. Where the input is a list of
    words, a list label is their tags, and predicates with arguments are roles.
    """
    if roles.steps is not None:
        cells = {name: row[name] for name in roles.steps.taken}
        return {"input": Step(cells, roles.steps), "origin": origin, **kept(row, roles), **_part(row, roles)}
    if roles.labelled:  # of other columns one may be the group of the series
        others = {name: row[name] for name in roles.unused if name not in OWN}
        made = {**others, "input": reading(row, roles), "origin": origin, **kept(row, roles), **_part(row, roles)}
        label = label_of(row, roles)
        return made if label is None else {**made, "label": label}
    if roles.channels:
        return {"input": reading(row, roles), "origin": origin, **kept(row, roles)}
    values = {name: row[name] for name in roles.inputs}
    value: Any = values if len(values) > 1 or roles.named else values[roles.inputs[0]]
    if (
        len(values) == 1 and not roles.named and isinstance(value, Mapping) and "bytes" in value
    ):  # as Hugging Face data sets store images
        value = value["bytes"] if value["bytes"] is not None else value.get("path")
    rest = {name: cell for name, cell in row.items() if name not in roles.taken and name not in OWN}
    made: dict[str, Any] = {**rest, "input": value, "origin": origin}
    made |= kept(row, roles)
    label = label_of(row, roles)
    if roles.words and isinstance(value, str) and isinstance(listed(value), list):
        value, label = listed(value), listed(label) if isinstance(label, str) and listed(label) else label
    if roles.of_letters and isinstance(value, str) and (label is None or isinstance(label, str)):
        mask = None if roles.mask is None else plain(row[roles.mask])
        try:
            made |= of_letters(value, label, mask, origin)
        except DataError as error:
            return {**made, "input": error}
    elif roles.words and not isinstance(value, str) and not is_missing(value):
        try:
            are_roles = (roles.target or "").strip().lower() == "predicates"
            named = {"predicates": label} if isinstance(label, list) and are_roles else label
            made |= of_words(value, named, origin)
        except DataError as error:
            return {**made, "input": error}
    elif label is not None:
        made["label"] = label
    return {**made, **_part(row, roles)}


def _part(row: Mapping[str, Any], roles: Roles) -> dict[str, Any]:
    """The part that a table says a row is of."""
    if roles.split is None:
        return {}
    split, word = part_of(plain(row[roles.split]), roles.split)
    if roles.validation is not None and split in (None, "train") and is_yes(plain(row[roles.validation])):
        split = "valid"
    return {name: one for name, one in (("split", split), ("part", word)) if one is not None}


def kept(row: Mapping[str, Any], roles: Roles) -> dict[str, Any]:
    """What stays of a row with its answer, as a fact of its example; bytes do not."""
    found = {name: plain(row[name]) for name in roles.kept if name in row and not isinstance(row[name], bytes)}
    return {"kept": found} if roles.kept else {}


def label_of(row: Mapping[str, Any], roles: Roles) -> Any:
    """The label of a row, plain; the cells of several label columns by their names; None if there is none."""
    if roles.targets:
        return LabelColumns({name: plain(row[name]) for name in roles.targets})
    return None if roles.target is None else plain(row[roles.target])


def plain(value: Any) -> Any:
    """A label as plain Python: numpy scalars and arrays unwrapped, also inside of others, None for what is missing;
    decimals as numbers, durations as seconds, bytes as text."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, str):
        return value if value.strip() else None
    if is_missing(value):
        return None
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, Decimal):
        return as_number(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return value if isinstance(value, str | int | float | bool) else str(value)
