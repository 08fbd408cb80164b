"""Cells beside those that models see: names of rows, names that are too many to be categories, and dates.

They are kept with the prepared rows, as codes and numbers, so that it can be asked whether they give the target away.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Mapping
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
        for name, codes in self._codes.items():
            if len(codes) < self._rows:
                codes.append(-1)
                self._numbers[name].append(float("nan"))

    def _put(self, name: str, cell: Any) -> None:
        if name not in self._codes:
            if len(self._codes) == _MOST:
                return
            self._codes[name] = array("q", [-1]) * self._rows
            self._numbers[name] = array("d", [float("nan")]) * self._rows
        if len(self._codes[name]) > self._rows:
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
        if np.isnat(cell):
            return -1, float("nan")
        days = float((cell - np.datetime64(0, "s")) / _DAY)
        return int(days * 86_400), days
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
