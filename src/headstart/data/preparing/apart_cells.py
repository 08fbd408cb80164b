"""Cells beside those that models see: names of rows, names that are too many to be categories, and dates.

They are kept with the prepared rows, as codes and numbers, so that it can be asked whether they give the target away.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from headstart.core import contracts
from headstart.data.labels.numbers import plain_number
from headstart.data.labels.spelling import cleaned, is_no_label
from headstart.data.reading.table_rows import OWN, plain
from headstart.data.storage.apart import Apart

_MOST = 8  # columns that are kept
_COUNTER = re.compile(r"(\d{1,15})\D*$")
_DAY = np.timedelta64(1, "D")


class ApartCells:
    """These cells of all rows, which are added one by one."""

    def __init__(self) -> None:
        self._codes: dict[str, array[int]] = {}
        self._numbers: dict[str, array[float]] = {}
        self._dates = set[str]()
        self._rows = 0

    def add(self, example: contracts.Example) -> None:
        """The cells of a row, whose modality says which ones in `apart`, and the columns that are no cells at all."""
        cells: Mapping[str, Any] | None = example.get("apart")
        if cells is not None:
            beside = {name: cell for name, cell in example.items() if name not in OWN}
            for name, cell in (*cells.items(), *beside.items()):
                self._put(name, cell)
        self._rows += 1
        self._fill()

    def add_block(self, cells: Mapping[str, Sequence[Any] | np.ndarray], facts: Mapping[str, Sequence[Any]]) -> None:
        """The same of many rows: the cells that their modality names, and the columns beside them."""
        beside = {name: column for name, column in facts.items() if name not in OWN}
        begin = self._rows
        self._rows += len(facts["origin"])
        for name, column in (*cells.items(), *beside.items()):
            if self._has_room(name, begin):
                if isinstance(column, np.ndarray):
                    self._dates.add(name)
                    codes, numbers = _of_moments(column)
                    self._codes[name].frombytes(codes.tobytes())
                    self._numbers[name].frombytes(numbers.tobytes())
                else:
                    self._extend(name, column)
        self._fill()

    def _extend(self, name: str, column: Sequence[Any]) -> None:
        known = dict[Any, tuple[int, float]]()
        for cell in column:
            found = known.get(cell) if type(cell) is str else _of(cell)
            if found is None:
                found = known[cell] = _of(cell)
            if isinstance(cell, np.datetime64):
                self._dates.add(name)
            self._codes[name].append(found[0])
            self._numbers[name].append(found[1])

    def _fill(self) -> None:
        """Columns that the last rows did not have."""
        for name, codes in self._codes.items():
            if (lacking := self._rows - len(codes)) > 0:
                codes.extend([-1] * lacking)
                self._numbers[name].extend([float("nan")] * lacking)

    def _has_room(self, name: str, begin: int) -> bool:
        """May cells of this column be added, of rows from this number on?"""
        if name not in self._codes:
            if len(self._codes) == _MOST:
                return False
            self._codes[name] = array("q", [-1]) * begin
            self._numbers[name] = array("d", [float("nan")]) * begin
        return len(self._codes[name]) == begin

    def _put(self, name: str, cell: Any) -> None:
        if not self._has_room(name, self._rows):
            return
        code, number = _of(cell)
        if isinstance(cell, np.datetime64):
            self._dates.add(name)
        self._codes[name].append(code)
        self._numbers[name].append(number)

    def columns(self, rows: np.ndarray) -> dict[str, Apart]:
        """What is kept of the rows of these numbers, by column. rows int64 [k]."""
        return {
            name: Apart(np.array(codes, np.int64)[rows], np.array(self._numbers[name])[rows], name in self._dates)
            for name, codes in self._codes.items()
        }


def _of(cell: Any) -> tuple[int, float]:
    """A code and a number for a cell."""
    if isinstance(cell, np.datetime64):
        codes, numbers = _of_moments(np.array([cell]))
        return int(codes[0]), float(numbers[0])
    value = plain(cell)
    text = "" if value is None else cleaned(str(value))
    if value is None or is_no_label(text):
        return -1, float("nan")
    number = plain_number(text)
    if number is None:
        counter = _COUNTER.search(text)
        number = float(counter[1]) if counter else float("nan")
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1, number


def _of_moments(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes int64 [n] and days float64 [n] of moments datetime64 [n]."""
    missing = np.isnat(cells)
    days = (np.where(missing, np.datetime64(0, "s"), cells) - np.datetime64(0, "s")) / _DAY
    return np.where(missing, -1, (days * 86_400).astype(np.int64)), np.where(missing, np.nan, days)
