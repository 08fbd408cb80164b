"""Blocks of a CSV file by columns, where nothing in them is odd: what the careful reader of records would say."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from headstart.core.contracts.blocks import Arrow
from headstart.core.contracts.budget import Budget
from headstart.data.opening.compressed import open_text
from headstart.data.opening.csv_text import columns_of
from headstart.data.reading.csv_form import Reading, Record, TableForm

_MARKS = (",", ";", "\t", "|")
_BLOCK = 1 << 19  # characters of a block
_FORMULA = re.compile(r"(?:^|[,;\t|\n\"])'+[=+\-@\t\uff1d\uff0b\uff0d\uff20]")  # what `unquoted_formula` may change


@dataclass(frozen=True, slots=True)
class Texts:
    """Rows by columns: an Arrow array of texts [n] each, and the line of the first row; each row has one line."""

    line: int
    columns: Sequence[Arrow]

    def __len__(self) -> int:
        return len(self.columns[0])


def portions(
    form: TableForm, path: Path, budget: Budget, width: int, only: Sequence[int] | None = None
) -> Iterator[Texts | list[Record]]:
    """Every row that is not empty, of which the first, alone, may be the header; by columns, all or `only` these, where
    a block of rows has `width` cells each and no odd quotes. Raises as `TableForm.records`."""
    with open_text(path, budget) as file:
        text = _Blocks(file)
        reading = Reading(form, text, path.name, budget)
        records = reading.records()
        yield [record for record in (next(records, None),) if record is not None]
        while block := text.ahead():
            columns = _columns(block, form, width, only) if reading.is_between else None
            if columns is not None:
                text.skip()
                last = reading.passed(len(columns[0]))
                yield Texts(last - len(columns[0]) + 1, columns)
                continue
            number, rows = text.number, list[Record]()
            while text.number == number and not text.is_at_end and (record := next(records, None)) is not None:
                rows.append(record)
            yield rows
            if not rows and text.number == number:  # empty lines end the file
                return
        yield list(records)  # lines that were given back


class _Blocks:
    """The lines of a file, of which whole blocks can be looked at before they are read."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._text, self._place = "", 0  # a block, and how many of its letters were read
        self._lines = io.StringIO("", newline="")  # the same, once lines of it are asked for
        self.number = 0
        """Blocks that were begun."""

    def __iter__(self) -> _Blocks:
        return self

    def __next__(self) -> str:
        if self.is_at_end:
            self._load()
        if not self._place:
            self._lines = io.StringIO(self._text, newline="")
        line = next(self._lines)
        self._place += len(line)
        return line

    @property
    def is_at_end(self) -> bool:
        """Were all lines of this block read?"""
        return self._place == len(self._text)

    def ahead(self) -> str:
        """The lines of this block that were not read yet, or those of the next one; "" at the end of the file."""
        if self.is_at_end:
            self._load()
        return self._text[self._place :]

    def skip(self) -> None:
        """Those lines count as read."""
        self._place = len(self._text)

    def _load(self) -> None:
        text = self._file.read(_BLOCK)
        if text and not text.endswith("\n"):
            text += self._file.readline()
        self._text, self._place = text, 0
        self.number += 1


def _columns(text: str, form: TableForm, width: int, only: Sequence[int] | None = None) -> list[Arrow] | None:
    """The cells of lines by column, all or `only` these; None unless each line surely is a record of so many cells."""
    if width < 2 or form.delimiter not in _MARKS or _is_odd(text):
        return None
    data = text.encode("utf-8")
    if form.quoted and b'"' in data and not _are_well_quoted(data, form.delimiter.encode()):
        return None
    columns = columns_of(data, width, only, delimiter=form.delimiter, quoted=form.quoted)
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    return columns if columns is not None and len(columns[0]) == lines else None


def _is_odd(text: str) -> bool:
    """Are there empty lines, line ends that others would read as letters, or letters that are no text?"""
    if "\0" in text or "\n\n" in text or text.startswith(("\n", "\r", "\ufeff")):
        return True
    returns = text.count("\r")
    if returns and (text.count("\r\n") != returns or "\n\r" in text):
        return True
    return "'" in text and _FORMULA.search(text) is not None


def _are_well_quoted(data: bytes, delimiter: bytes) -> bool:
    """Does every quote stand around a whole cell, in one line?"""
    letters = np.frombuffer(b"\n" + data + b"\n", np.uint8)
    places = np.flatnonzero(letters == ord('"'))
    if len(places) % 2:
        return False
    begins, ends = places[::2], places[1::2]
    marks = np.zeros(256, bool)
    marks[[ord("\n"), *delimiter]] = True
    if not marks[letters[begins - 1]].all():
        return False
    marks[ord("\r")] = True
    breaks = np.flatnonzero(letters == ord("\n"))
    in_one_line = np.searchsorted(breaks, begins) == np.searchsorted(breaks, ends)
    return bool(marks[letters[ends + 1]].all() and in_one_line.all())
