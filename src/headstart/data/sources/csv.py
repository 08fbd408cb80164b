"""CSV and TSV tables, plain or compressed: rows with an input column, a label column, or both."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from headstart.core.errors import DataError
from headstart.data.columns import Roles, choose, example, is_usual
from headstart.data.compressed import inner_name, open_text

_LARGEST_CELL = 1 << 28  # characters; the csv module's own limit of 131,072 is shorter than many a document
_LOOK = 1000  # rows looked at to tell how a table is written
_QUOTED: Literal[0] = csv.QUOTE_MINIMAL
_UNQUOTED: Literal[3] = csv.QUOTE_NONE


class Csv:
    """Rows of a table. `input` and `target` name columns, or count them from 1; the usual names are found.

    The first line is the header, unless columns are given by number and it looks like a row: its target cell is a
    number or occurs again below or, without a target, none of its cells is a usual name of a column.

    Labels are numbers if every label of the column is one, else text; an empty cell is no label. A row with too few
    or too many cells is unreadable. In a .tsv a quote is a quote, unless every cell that begins with one ends with one.
    """

    def __init__(self, path: Path, *, input: str | None = None, target: str | None = None) -> None:
        self.path = path
        with open_text(path) as file:
            first = file.readline(1 << 20)
        self._delimiter = _delimiter(first, path)
        self._quoting: Literal[0, 3] = _quoting(path) if inner_name(path).endswith(".tsv") else _QUOTED
        self._header, self._begin = [], 0
        self._header = next((cells for _, cells in self._rows()), [])
        self._begin = 1
        if self._is_row(input, target):
            self._header, self._begin = [str(number + 1) for number in range(len(self._header))], 0
        _check_header(self._header, path)
        self._roles = choose(self._header, input=input, target=target, where=path.name)
        self._number = _number(self._labels()) if self._roles.target is not None else str

    @classmethod
    def accepts(cls, path: Path) -> bool:
        return path.is_file() and inner_name(path).endswith((".csv", ".tsv"))

    def examples(self) -> Iterator[dict[str, Any]]:
        roles: Roles = self._roles
        for line, cells in self._rows():
            origin = f"{self.path.name}:{line}"
            if len(cells) != len(self._header):
                found, expected = f"{len(cells)} cells", f"{len(self._header)} as in the header"
                bad = DataError(
                    255, "the row does not fit the table", where=origin, found=found, expected=expected,
                    fix="quote cells that hold the delimiter, or pass --skip-bad",
                )  # fmt: skip
                yield {"input": bad, "origin": origin}
                continue
            row: dict[str, Any] = dict(zip(self._header, cells, strict=True))
            if roles.target is not None:
                row[roles.target] = self._number(row[roles.target]) if row[roles.target].strip() else None
            yield example(row, roles, origin)

    def _is_row(self, input: str | None, target: str | None) -> bool:
        """Does the first line hold data rather than names of columns?"""
        named = [target, *([input] if input in self._header else (input or "").split(","))]
        numbers = [name for name in named if name and name not in self._header]
        if not numbers or not all(name.isdecimal() and 0 < int(name) <= len(self._header) for name in numbers):
            return False
        if target not in numbers:
            return not any(is_usual(name) for name in self._header)
        place = int(numbers[0]) - 1
        first = self._header[place]
        below = (cells[place] for _, cells in islice(self._rows(), _LOOK) if len(cells) > place)
        return _is_number(first) or first in below

    def _labels(self) -> Iterator[str]:
        place = self._header.index(self._roles.target or "")
        return (cells[place] for _, cells in self._rows() if len(cells) == len(self._header))

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        with open_text(self.path) as file:
            reader = csv.reader(file, delimiter=self._delimiter, quoting=self._quoting)
            try:
                for cells in islice(_long(reader), self._begin, None):
                    if cells:
                        yield reader.line_num, cells
            except csv.Error as cause:
                where = f"{self.path.name}:{reader.line_num}"
                raise DataError(256, "the table cannot be read", where=where, found=str(cause)) from cause


def _delimiter(first: str, path: Path) -> str:
    """Tab in a .tsv, else whichever usual delimiter the header has most of."""
    if inner_name(path).endswith(".tsv"):
        return "\t"
    return max(",;\t|", key=first.count)


def _quoting(path: Path) -> Literal[0, 3]:
    """Are quotes around cells marks of their ends, or part of a text like any other character?"""
    with open_text(path) as file:
        cells = [cell for line in islice(file, _LOOK) for cell in line.rstrip("\r\n").split("\t") if cell[:1] == '"']
    whole = bool(cells) and all(len(cell) > 1 and cell[-1] == '"' for cell in cells)
    return _QUOTED if whole else _UNQUOTED


def _long(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """The rows of a csv reader, with long cells; the limit belongs to the whole process and is put back every time."""
    while True:
        limit = csv.field_size_limit(_LARGEST_CELL)
        try:
            cells = next(rows, None)
        finally:
            csv.field_size_limit(limit)
        if cells is None:
            return
        yield cells


def _check_header(header: Sequence[str], path: Path) -> None:
    if not header:
        raise DataError(253, "the table is empty", where=path.name, expected="a header line")
    twice = sorted({name for name in header if list(header).count(name) > 1})
    if twice:
        raise DataError(254, "two columns have the same name", where=path.name, found=f"'{twice[0]}'")


def _number(texts: Iterator[str]) -> type[int] | type[float] | type[str]:
    """int or float if every text that is not empty is such a number, else str; "007" is text."""
    kind: type[int] | type[float] | type[str] = int
    seen = False
    for text in texts:
        if not text.strip():
            continue
        seen = True
        if kind is int and not _is_integer(text.strip()):
            kind = float
        if kind is float and not _is_number(text.strip()):
            return str
    return kind if seen else str


def _is_integer(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isdecimal() and digits.isascii() and (digits == "0" or not digits.startswith("0"))


def _is_number(text: str) -> bool:
    try:
        padded = text.lstrip("-").startswith("0") and text.lstrip("-").isdecimal() and text.lstrip("-") != "0"
        return math.isfinite(float(text)) and not padded
    except ValueError:
        return False
