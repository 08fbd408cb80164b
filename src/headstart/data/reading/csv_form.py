"""How a CSV or TSV file is written, and its records: with quotes that mean nothing, escapes, and empty columns."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.core.inert import unquoted_formula
from headstart.data.opening.compressed import inner_name, open_text

_LARGEST_CELL = 1 << 28  # characters; the csv module's own limit of 131,072 is shorter than many a document
_LOOK = 1000  # rows looked at to tell how a table is written
_LINES = 1000  # lines of one cell from which its quote may be one that never ends
_MARKS = ",;\t|"
_SAID = "sep="  # how a first line names the delimiter, for Excel


class Record(NamedTuple):
    """One row: the number of its last line, its cells, and whether quotes in it turned out to be mere letters."""

    line: int
    cells: list[str]
    odd: bool


@dataclass(frozen=True, slots=True)
class TableForm:
    """`quoted`: quotes around cells mark their ends; `skipped`: lines before the header."""

    delimiter: str
    quoted: bool
    skipped: int = 0

    def records(self, path: Path, budget: Budget) -> Iterator[Record]:
        """Every row that is not empty, the header first; DataError for a cell that is far too large."""
        with open_text(path, budget) as file:
            yield from Reading(self, file, path.name, budget).records()


class Reading:
    """One way through the lines of a file, record by record."""

    def __init__(self, form: TableForm, lines: Iterator[str], name: str, budget: Budget) -> None:
        self._form, self._name, self._budget = form, name, budget
        self._width = 0
        self._lines = _Lines(lines, form.skipped, self._is_whole)

    def records(self) -> Iterator[Record]:
        """Every row that is not empty; DataError for a cell that is far too large."""
        lines, form = self._lines, self._form
        reader = csv.reader(lines, delimiter=form.delimiter, quoting=_quoting(form.quoted))
        try:
            for cells in _long(reader, lines):
                self._budget.check_columns(len(cells), f"{self._name}:{lines.number}")
                seen, odd = self._sound(cells)
                self._width = self._width or len(seen)
                if seen:
                    plain = not any("'" in line for line in lines.read)
                    yield Record(lines.number, seen if plain else [*map(unquoted_formula, seen)], odd)
        except csv.Error as cause:
            where = f"{self._name}:{lines.number}"
            raise DataError(256, "the table cannot be read", where=where, found=str(cause)) from cause

    @property
    def is_between(self) -> bool:
        """Behind a record, were all lines read that were taken?"""
        return not self._lines.are_waiting

    def passed(self, count: int) -> int:
        """So many lines were taken from the file by another reader, between two records; the number of the last."""
        self._lines.number += count
        return self._lines.number

    def _is_whole(self, line: str) -> bool:
        return self._width > 1 and len(self._literal(line)) == self._width

    def _sound(self, cells: list[str]) -> tuple[list[str], bool]:
        """The cells of the lines read last, of which those behind the first are given back where its quote is one that
        does not enclose them."""
        lines, width = self._lines, self._width
        first = lines.read[0] if lines.read else ""
        if not self._form.quoted or '"' not in first:
            return cells, False
        whole = len(lines.read) == 1
        if whole and self._strictly(first, escaped=False) == cells:
            return cells, False
        alone = self._strictly(first, escaped=True) if '\\"' in first else None
        if alone is not None and len(alone) == (width or len(alone)):
            lines.give_back()
            return alone, False
        literal = self._literal(first)
        apart = all(len(self._literal(line)) == width for line in lines.read)
        if width > 1 and len(literal) == width and (whole or apart or lines.is_cut or len(cells) != width):
            lines.give_back()
            return literal, True
        return cells, False

    def _strictly(self, line: str, *, escaped: bool) -> list[str] | None:
        """The cells of a line in which every quote is well placed; None if one is not."""
        escape = "\\" if escaped else None
        with suppress(csv.Error):
            return next(csv.reader([line], delimiter=self._form.delimiter, escapechar=escape, strict=True), [])
        return None

    def _literal(self, line: str) -> list[str]:
        """The cells of a line whose quotes are letters, but for those around a whole cell."""
        cells = line.rstrip("\r\n").split(self._form.delimiter)
        return [_unwrapped(cell) for cell in cells]


class _Lines:
    """The lines of a file; those of the record that is being read can be given back. `is_cut`: the record ended with
    the file or because it grew too long for one whose first line is `whole`, not with a quote."""

    def __init__(self, file: Iterator[str], skipped: int, whole: Callable[[str], bool]) -> None:
        self._file, self._whole = islice(file, skipped, None), whole
        self._again: deque[str] = deque()
        self.read: list[str] = []
        self.number, self.is_cut = skipped, False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.read) == _LINES and self._whole(self.read[0]):
            self.is_cut = True
            raise StopIteration
        line = self._again.popleft() if self._again else next(self._file, None)
        if line is None:
            self.is_cut = True
            raise StopIteration
        self.read.append(line)
        self.number += 1
        return line

    @property
    def are_waiting(self) -> bool:
        """Were lines given back that were not read again?"""
        return bool(self._again)

    def begin(self) -> None:
        """A new record follows."""
        self.read, self.is_cut = [], False

    def give_back(self) -> None:
        """Read the lines behind the first of this record again."""
        self._again.extendleft(reversed(self.read[1:]))
        self.number -= len(self.read) - 1
        del self.read[1:]


def table_form(path: Path, budget: Budget) -> TableForm:
    """How a file is written, from its first line and the rows that follow."""
    with open_text(path, budget) as file:
        first = file.readline(1 << 20)
    said = first.strip().strip('"')
    if said.lower().startswith(_SAID) and len(said) == len(_SAID) + 1:
        return TableForm(said[-1], quoted=True, skipped=1)
    if first.lower().rstrip("\r\n") == f"{_SAID}\t":
        return TableForm("\t", quoted=True, skipped=1)
    if inner_name(path).endswith(".tsv"):
        return TableForm("\t", quoted=_are_quoted(path, budget))
    return TableForm(_delimiter(first, path, budget), quoted=True)


def column_names(header: list[str]) -> list[str]:
    """The names of the columns: without empty ones at the end, and others that are empty called as pandas does."""
    while len(header) > 1 and not header[-1].strip():
        header = header[:-1]
    if sum(not name.strip() for name in header) < 2:
        return header
    return [name if name.strip() else f"Unnamed: {place}" for place, name in enumerate(header)]


def fitted(cells: list[str], width: int) -> list[str]:
    """The cells of a row without empty ones behind the last column."""
    return cells[:width] if len(cells) > width and not any(map(str.strip, cells[width:])) else cells


def _delimiter(first: str, path: Path, budget: Budget) -> str:
    """The mark by which the header has several columns and most rows as many; else the one it has most of."""
    best, most = max(_MARKS, key=first.count), (0.0, 0)
    for mark in _MARKS:
        if mark not in first:
            continue
        with open_text(path, budget) as file:
            reader = csv.reader((line for line in islice(file, _LOOK)), delimiter=mark)
            try:
                rows = [len(cells) for cells in reader if cells]
            except csv.Error:
                continue
        fits = (round(rows.count(rows[0]) / len(rows), 1), rows[0]) if rows and rows[0] > 1 else (0.0, 0)
        if fits > most:
            best, most = mark, fits
    return best


def _are_quoted(path: Path, budget: Budget) -> bool:
    """Are quotes around the cells of a .tsv marks of their ends, or part of a text like any other character?"""
    with open_text(path, budget) as file:
        cells = [cell for line in islice(file, _LOOK) for cell in line.rstrip("\r\n").split("\t") if cell[:1] == '"']
    return bool(cells) and all(len(cell) > 1 and cell[-1] == '"' for cell in cells)


def _quoting(quoted: bool) -> Literal[0, 3]:
    return csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE


def _unwrapped(cell: str) -> str:
    inner = cell[1:-1].replace('""', "")
    whole = len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in inner
    return cell[1:-1].replace('""', '"') if whole else cell


def _long(rows: Iterator[list[str]], lines: _Lines) -> Iterator[list[str]]:
    """The rows of a csv reader, with long cells; the limit belongs to the whole process and is put back every time."""
    while True:
        lines.begin()
        limit = csv.field_size_limit(_LARGEST_CELL)
        try:
            cells = next(rows, None)
        finally:
            csv.field_size_limit(limit)
        if cells is None:
            return
        yield cells
