"""Labels of several columns: yes or no in each, numbers, or labels that are read each by itself, {"stars": 4.5}."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from headstart.core.errors import DataError
from headstart.data.labels.numbers import plain_number
from headstart.data.labels.several import listed
from headstart.data.labels.spelling import cleaned, is_no_label

Read = Callable[[Any, str], Any]
KIND = "columns"
_YES, _NO = frozenset({"1", "true", "yes", "y", "x", "1.0"}), frozenset({"0", "false", "no", "n", "0.0"})


@dataclass(frozen=True, slots=True)
class NamedLabels:
    """How each column of labels is read, by its name. Of a row only the labels that it has are named."""

    reads: Mapping[str, Read]

    def __call__(self, label: Any, where: str) -> dict[str, Any] | None:
        """Cells by column -> labels by column; None where all are missing. DataError for one that cannot be read."""
        found = {name: self._read(name, cell, where) for name, cell in label.items() if name in self.reads}
        return {name: one for name, one in found.items() if one is not None} or None

    def _read(self, name: str, cell: Any, where: str) -> Any:
        if cell is None or (isinstance(cell, str) and is_no_label(cleaned(cell))):
            return None
        return self.reads[name](cell, f"{where}, column {name}")


def form_of_columns(forms: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """What a model remembers of the forms of the columns, as one form."""
    return {"kind": KIND, "columns": json.dumps(forms, ensure_ascii=False)}


def forms_in(form: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The opposite; DataError if it is damaged."""
    found = listed(form.get("columns", ""))
    sound = isinstance(found, dict) and all(
        isinstance(one, dict) and all(isinstance(value, str) for value in one.values()) for one in found.values()
    )
    if not sound:
        fix = "restore headstart.json or make the model again"
        raise DataError(925, "the labels of the model cannot be read", found=str(form)[:200], fix=fix)
    return found


def are_ticks(cells: Collection[Any]) -> bool:
    """Do all cells say yes or no, as far as they say anything?"""
    return {_said(cell) for cell in cells} - {""} <= _YES | _NO


def are_numbers(cells: Collection[Any]) -> bool:
    """Are all cells numbers, as far as they say anything?"""
    return all(plain_number(word) is not None for word in {_said(cell) for cell in cells} - {""})


def ticked(label: Any, where: str) -> list[str] | None:
    """The columns that say yes."""
    said = {name: _said(value) for name, value in label.items()}
    return [name for name, word in said.items() if word in _YES] if any(said.values()) else None


def vector(label: Any, where: str) -> Any:
    """The numbers of all columns, in order; None where one is missing."""
    values = [None if value is None else plain_number(str(value)) for value in label.values()]
    return None if None in values else values


def _said(value: Any) -> str:
    return "" if value is None else cleaned(str(value)).lower()
