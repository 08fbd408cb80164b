"""The text files of the UCR and UEA archives of series with labels: `.tsv`, label first, and `.ts`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError
from headstart.data.labels.numbers import plain_number
from headstart.data.labels.readings import measured
from headstart.data.opening.compressed import inner_name, open_text
from headstart.data.records import Measured, example_of

_LOOK, _FEWEST = 20, 9  # lines that tell the layout; cells of a line, at least
_GAPS = ("?", "nan", "")


class Ucr:
    """Series with labels, one a line (Dau et al., UCR archive 2018; Bagnall et al., UEA archive 2018).

    A `.tsv` has no header: the label, then the values, tabs between them; missing values at the end make a line
    shorter. A `.ts` begins with lines of `@`, then has the channels of a series with colons between them, and its label
    behind the last one. Labels are names, or numbers where `@targetlabel` says so.
    """

    form: ClassVar = "rows"
    order: ClassVar = 0

    def __init__(self, path: Path, access: Access) -> None:
        self.path, self._budget = path, access.budget
        self._facts = _facts(path, access) if _is_ts(path) else {}
        if self._facts.get("timestamps") == "true":
            fix = "save the values alone, with `@timeStamps false`"
            raise DataError(796, "series with a time at every value are not read", where=path.name,
                            found="@timeStamps true", fix=fix)  # fmt: skip

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        if not isinstance(given, Path) or not given.is_file():
            return False
        return _is_ts(given) or (inner_name(given).endswith(".tsv") and _is_label_first(given, access))

    def account(self) -> Account:
        label = "the end of each line" if self._facts else "the first number of each line"
        has_label = not self._facts or bool({"classlabel", "targetlabel"} & {k for k, v in self._facts.items() if v})
        used = (Used(what=f"lines of {self.path.name}", role="input"), Used(what=label, role="label"))
        return Account(used=used if has_label else used[:1])

    def examples(self) -> Iterator[dict[str, Any]]:
        with open_text(self.path, self._budget) as file:
            body = not self._facts
            for number, line in enumerate(file, 1):
                text = line.strip()
                if not body or not text or text.startswith("#"):
                    body = body or text.lower() == "@data"
                    continue
                origin = f"{self.path.name}:{number}"
                try:
                    values, label = self._of_ts(text, origin) if self._facts else _of_tsv(line.rstrip("\r\n"), origin)
                except DataError as error:
                    yield {"input": error, "origin": origin}
                    continue
                yield example_of(Measured(values), origin, label)

    def _of_ts(self, line: str, origin: str) -> tuple[np.ndarray, Any]:
        channels = line.split(":")
        label: Any = None
        if self._facts.get("targetlabel") or self._facts.get("classlabel"):
            label = channels.pop().strip()
            label = None if label in _GAPS else label
        if self._facts.get("targetlabel") and label is not None:
            label = plain_number(label)
        columns = [_numbers(channel.split(","), origin) for channel in channels]
        values = np.full((max(map(len, columns), default=0), len(columns)), np.nan)
        for place, column in enumerate(columns):
            values[: len(column), place] = column
        return values, label


def _is_ts(path: Path) -> bool:
    return inner_name(path).endswith(".ts")


def _facts(path: Path, access: Access) -> dict[str, str]:
    """What the lines before the data say; DataError if there are no data. Whether there are labels is "" or "true"."""
    found: dict[str, str] = {}
    with open_text(path, access.budget) as file:
        for line in file:
            text = line.strip()
            if text.lower() == "@data":
                return found or {"data": "true"}
            if text.startswith("@"):
                name, _, value = text[1:].partition(" ")
                said = value.strip().split(" ")[0].lower()
                found[name.lower()] = "" if said == "false" and name.lower().endswith("label") else said
            elif text and not text.startswith("#"):
                break
    raise DataError(797, "this is no .ts file", where=path.name, found="no line @data",
                    expected="lines of @, then @data", fix="save the series as a .tsv, label first")  # fmt: skip


def _is_label_first(path: Path, access: Access) -> bool:
    """Are its lines numbers alone, the first of each a whole one that comes again, and hardly any other so?"""
    with open_text(path, access.budget) as file:
        lines = [line.rstrip("\r\n").split("\t") for line in islice(file, _LOOK)]
    rows = [[cell.strip() for cell in cells] for cells in lines if cells != [""]]
    if len(rows) < 2 or any(len(cells) < _FEWEST for cells in rows):
        return False
    numbers = [[None if cell.lower() in _GAPS else plain_number(cell) for cell in cells] for cells in rows]
    if any(found is None and cell.lower() not in _GAPS for row, cells in zip(numbers, rows, strict=True)
           for found, cell in zip(row, cells, strict=True)):  # fmt: skip
        return False
    labels = [row[0] for row in numbers]
    whole = all(label is not None and float(label).is_integer() for label in labels)
    values = [value for row in numbers for value in row[1:] if value is not None]
    broken = sum(not float(value).is_integer() for value in values)
    return whole and len(set(labels)) <= max(2, len(labels) // 2) and 2 * broken > len(values)


def _of_tsv(line: str, origin: str) -> tuple[np.ndarray, Any]:
    label, *cells = line.split("\t")
    values = _numbers(cells, origin)
    known = np.flatnonzero(~np.isnan(values))
    number = plain_number(label.strip())
    named = str(int(number)) if number is not None and float(number).is_integer() else label.strip()
    return values[: known[-1] + 1 if len(known) else 0, None], named or None


def _numbers(cells: list[str], origin: str) -> np.ndarray:
    return np.array([measured(None if cell.strip().lower() in _GAPS else cell, "values", origin) for cell in cells])
