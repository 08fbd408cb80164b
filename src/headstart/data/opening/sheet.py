"""Excel workbooks, read row by row within the budget: the members of the zip that they are, and the cells in them.

They are read by openpyxl, which is an extra.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NamedTuple

from headstart.core.contracts.budget import Budget, unsafe
from headstart.core.errors import DataError, UsageError
from headstart.data.opening.archives import BROKEN, Zip, check, zip_members

_CELLS, _REPEATED = 1 << 22, 20  # cells of a sheet, and per byte of the file: a cell takes a few bytes
_WIDE = 100  # cells without a value, and for each with one
_FIX = "save the sheet as .csv"
# What openpyxl raises on files that are damaged, or written by programs that go their own way.
_UNREADABLE = (*BROKEN, KeyError, TypeError, AttributeError, IndexError, SyntaxError)
_ERRORS = frozenset(("#N/A", "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!"))


class Line(NamedTuple):
    """A row of a sheet: its number, counted from 1, and its cells without empty ones at the end."""

    number: int
    cells: list[Any]


def sheets(path: Path, budget: Budget) -> list[str]:
    """The names of the sheets that are shown, in their order. DataError if the file cannot be read, or unpacks to far
    more than is in it; UsageError without openpyxl."""
    with _opened(path, budget) as book:
        return [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]


def lines(path: Path, sheet: str, budget: Budget) -> Iterator[Line]:
    """Every row of a sheet that is not empty. Formulas are the values that were saved with them; errors are empty."""
    packed, cells = path.stat().st_size, 0
    with _opened(path, budget) as book:
        rows = book[sheet]
        rows.reset_dimensions()  # what the file says of its size may be wrong
        for number, row in enumerate(rows.iter_rows(values_only=True), 1):
            cells += len(row)
            if cells > max(_CELLS, _REPEATED * packed):
                raise unsafe(f"{cells:,} cells in {packed:,} bytes", path.name, _FIX)
            values = [_plain(value) for value in row]
            while values and values[-1] is None:
                values.pop()
            filled = len(values) - values.count(None)
            if len(values) > _WIDE * filled + _WIDE:
                raise unsafe(
                    f"{len(values):,} cells in row {number}, of which {filled} hold something", path.name, _FIX
                )
            if values:
                budget.check_columns(len(values), path.name)
                yield Line(number, values)


def _plain(value: Any) -> Any:
    """A cell as tables hold it: a day without a time of day is written as a day, and an error is no value."""
    if isinstance(value, str) and (value in _ERRORS or not value.strip()):
        return None
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date | time) else value


@contextmanager
def _opened(path: Path, budget: Budget) -> Iterator[Any]:
    try:
        from openpyxl import load_workbook
    except ImportError as cause:
        fix = f'pip install "headstart[excel]", or {_FIX}'
        raise UsageError(330, "openpyxl is not installed", found=str(cause), fix=fix) from cause
    try:
        with Zip(path, budget) as archive:
            for _ in check(zip_members(archive), path, budget):
                pass
        book = load_workbook(path, read_only=True, data_only=True)
    except _UNREADABLE as cause:
        raise _broken(path, cause) from cause
    try:
        yield book
    except _UNREADABLE as cause:
        raise _broken(path, cause) from cause
    finally:
        book.close()


def _broken(path: Path, cause: Exception) -> DataError:
    if isinstance(cause, DataError):
        return cause
    return DataError(541, "not a readable workbook", where=path.name, found=str(cause)[:200] or "none", fix=_FIX)
