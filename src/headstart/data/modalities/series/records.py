"""Rows of tables, or arrays, as whole series in order of time."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Any

import numpy as np

from headstart.core import contracts
from headstart.core.errors import DataError
from headstart.data.labels.moments import moments
from headstart.data.labels.numbers import form_of, plain_number
from headstart.data.labels.readings import Reading, is_gap, measured, no_number, number_of
from headstart.data.modalities.series.ahead import telling, telling_steps
from headstart.data.modalities.series.forms import Form
from headstart.data.modalities.series.grid import Grid, grid_of
from headstart.data.records import Opened

_TOLD = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}
_SINCE_1970 = (1.0, 1e3, 1e6, 1e9)  # in a second: numbers that are times of computers
_YEAR_2001, _YEAR_2100 = 978_307_200.0, 4_102_444_800.0
PARTS = ("train", "valid", "test")
TWICE, GAPS, HOLES = "moments given twice, of which the first is kept", "missing moments, left open", "values missing"


@dataclass(frozen=True, slots=True)
class Record(Opened):
    """A whole series on its grid.

    values  float64 [T, C]: what is forecast, then what stands beside it; NaN where nothing was measured
    start   the moment of its first step
    parts   int8 [T], the given part of each step; None where none is given
    asked   a model answers what comes after it
    marked  the last column is 1 at moments that are anomalies, else 0 or NaN: it is for scores alone
    texts   what columns of words say of the whole series; in `values` these columns are gaps
    laid_out  columns that have one value a series stand as numbers behind the others
    """

    name: str
    values: np.ndarray
    start: float
    grid: Grid
    parts: np.ndarray | None = None
    asked: bool = False
    time_name: str = "time"
    beside: tuple[str, ...] = ()
    marked: bool = False
    texts: Mapping[str, str] = field(default_factory=dict)
    laid_out: bool = False

    @property
    def nbytes(self) -> int:
        return self.values.nbytes

    @property
    def content(self) -> list[Any]:
        named = [self.name, self.start, f"{self.grid}", self.time_name, *self.beside, *["marked"] * self.marked]
        named += [f"{name}={text}" for name, text in sorted(self.texts.items())]
        return [*named, self.values, *([] if self.parts is None else [self.parts])]


@dataclass(slots=True)
class _Table:
    """The rows of one series id while they are read."""

    first: Reading
    kept: dict[str, Any]
    times: list[Any] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)
    values: array[float] = field(default_factory=lambda: array("d"))
    parts: array[int] = field(default_factory=lambda: array("b"))
    odd: dict[int, dict[int, str]] = field(default_factory=dict)  # of a column the texts that are no plain numbers
    pointed: set[int] = field(default_factory=set)  # columns with plain numbers that have a decimal point

    def numbers(self, reading: Reading, origin: str) -> list[float]:
        """The cells of a row; NaN for now where one is a text that may be a number in the spelling of its column."""
        found = list[float]()
        named = zip(reading.values, reading.names + reading.beside, strict=not reading.marked)
        for column, (value, name) in enumerate(named):
            text = isinstance(value, str) and not is_gap(value)
            if text and number_of(value) is None:
                self.odd.setdefault(column, {})[len(self.times)] = intern(value.strip())
                found.append(float("nan"))
                continue
            if text and "." in value:
                self.pointed.add(column)
            found.append(measured(value, name, origin))
        return [*found, _mark(reading.values[-1], origin)] if reading.marked else found

    def words(self) -> dict[str, str]:
        """Texts beside the values that say something of the whole series, such as its region; of those that change, the
        others stay odd."""
        count, same = len(self.times), dict[str, str]()
        for place, name in enumerate(self.first.beside, len(self.first.names)):
            texts = self.odd.get(place, {})
            if self.first.series is None or len(texts) < count or form_of(set(texts.values())) is not None:
                continue
            same[name] = next(iter(texts.values()))
            self.odd[place] = {row: text for row, text in texts.items() if text != same[name]}
        return same

    def spelled(self, values: np.ndarray) -> Iterator[contracts.Example]:
        """Put the odd texts of each column into its values [T, C] as the column writes numbers (100,27; 1 234,5); a row
        with an error for each that is none."""
        names = self.first.names + self.first.beside
        for column, texts in self.odd.items():
            form = form_of(set(texts.values()))
            if form is not None and form.decimal == "," and column in self.pointed:
                form = None  # a decimal comma beside decimal points
            for place, text in texts.items():
                number = None if form is None else form.value(text)
                if number is None:
                    origin = self.origins[place]
                    yield {"input": no_number(text, names[column], origin), "origin": origin}
                else:
                    values[place, column] = number


def gathered(rows: Iterable[contracts.Example], *, asked: bool) -> Iterator[contracts.Example]:
    """Series after series, each column that is forecast as one of its own; rows that cannot be read come first."""
    tables: dict[Any, _Table] = {}
    for row in rows:
        found = row["input"]
        if isinstance(found, Reading):
            try:
                _add(tables, found, row)
            except DataError as error:
                yield {**row, "input": error}
        elif isinstance(found, DataError):
            yield row
        else:
            yield {**row, "input": of_array(found, str(row["origin"]), asked=asked)}
    for table in tables.values():
        yield from _records(table, asked=asked)


def of_array(value: Any, origin: str, *, asked: bool) -> Record:
    """Numbers [T], or [T, C] with what is forecast first; DataError if they are none."""
    try:
        found = np.asarray(value)
    except (ValueError, TypeError, OverflowError):  # rows of several lengths, numbers that are too large
        found = np.empty(0, object)
    if found.dtype.kind not in "iuf" or found.ndim not in (1, 2) or not found.size:
        shape = f"{found.dtype} {list(found.shape)}"
        raise DataError(522, "this is no series", where=origin, found=shape, expected="numbers [T] or [T, C]")
    values = found.astype(np.float64).reshape(len(found), -1)
    return Record(origin, np.where(np.isfinite(values), values, np.nan), 0.0, Grid("rows"), asked=asked)


def no_value(origin: str) -> DataError:
    """The error for a series of gaps."""
    fix = "remove it, or fill it in"
    return DataError(524, "a series without a value", where=origin, found="gaps only", fix=fix)


def refused(record: Record, form: Form, origin: str) -> DataError | None:
    """The error for a series with values that cannot be read in the form that is asked for."""
    wrong = np.flatnonzero(form.wrong(record.values[:, 0]))
    if not len(wrong):
        return None
    moment = record.grid.text(record.grid.at(record.start, int(wrong[0])))
    found = f"{record.values[wrong[0], 0]:g} at {moment}"
    fix = "empty the cell if it is a gap, or pass modality.returns=false"
    return DataError(821, "returns need values above 0", where=origin, found=found, fix=fix)


def _add(tables: dict[Any, _Table], reading: Reading, row: contracts.Example) -> None:
    key = None if reading.series is None else str(reading.series)
    table = tables.get(key)
    if table is None:
        table = tables[key] = _Table(reading, dict(row.get("kept", {})))
    numbers = table.numbers(reading, str(row["origin"]))
    table.times.append(reading.time)
    table.origins.append(str(row["origin"]))
    table.values.extend(numbers)
    split = row.get("split")
    table.parts.append(-1 if split is None else PARTS.index(split))


def _mark(value: Any, origin: str) -> float:
    """1 for an anomaly, 0 for none, NaN for a gap; DataError for anything else."""
    found = _TOLD.get(str(value).strip().lower()) if not is_gap(value) else float("nan")
    number = number_of(value) if found is None else found
    if number is None or number not in (0.0, 1.0, found):
        fix = "write 1 for an anomaly and 0 for none"
        raise DataError(854, "the label of a moment is neither 0 nor 1", where=origin, found=repr(value)[:60], fix=fix)
    return number


def _records(table: _Table, *, asked: bool) -> Iterator[contracts.Example]:
    """The series of one id: sorted, each moment once, laid on its grid."""
    first, names = table.first, table.first.names
    width = len(names) + len(first.beside) + first.marked
    values = np.frombuffer(table.values, np.float64).reshape(-1, width)
    texts = table.words()
    yield from table.spelled(values)
    parts = np.frombuffer(table.parts, np.int8)
    times, dated = _times(table)
    order = np.argsort(times, kind="stable")
    times, values, parts = times[order], values[order], parts[order]
    new = np.concatenate([[True], np.diff(times) > 0])
    grid = Grid("rows") if first.time is None else grid_of(times[new], dated=dated)
    told = {TWICE: int((~new).sum())}
    times, values, parts = times[new], values[new], parts[new]
    places = grid.places(times)
    new = np.concatenate([[True], np.diff(places) > 0])
    places, values, parts = places[new], values[new], parts[new]
    whole = np.full((int(places[-1]) + 1, width), np.nan)
    whole[places] = values
    told[GAPS] = len(whole) - len(places)
    told[HOLES] = int(np.isnan(values[:, : len(names)]).sum())
    given = (
        parts[np.clip(np.searchsorted(places, np.arange(len(whole)), "right") - 1, 0, None)]
        if (parts >= 0).any()
        else None
    )
    for number, name in enumerate(names):
        own = name if first.series is None else str(first.series) if len(names) == 1 else f"{first.series}: {name}"
        columns = [number, *range(len(names), width)]
        there = np.flatnonzero(~np.isnan(whole[:, number]))
        end = len(whole) if asked or not len(there) else int(there[-1]) + 1  # nothing is learned behind the last value
        part = None if given is None else given[:end]
        record = Record(own, whole[:end, columns], float(times[0]), grid, part, asked, first.time_name, first.beside,
                        first.marked, texts)  # fmt: skip
        kept = {**({first.series_name: first.series} if first.series_name else {}), **table.kept}
        kept |= {"series": name} if len(names) > 1 or not kept else {}
        origin = f"{table.origins[0].partition(':')[0]} {own}"
        if np.isnan(record.values[:, 0]).all():
            yield {"input": no_value(origin), "origin": origin}
            continue
        repaired = {what: count for what, count in told.items() if count} if number == 0 else {}
        for words in _ahead(record, name) if first.beside else ():
            repaired[f"column that tells the future of {name}: {words}"] = 1
        yield {"input": record, "origin": origin, "kept": kept if asked else {},
               "repaired": repaired}  # fmt: skip


def _ahead(record: Record, name: str) -> Iterator[str]:
    """What columns beside a series tell of its future, in words."""
    values = record.values[:, : 1 + len(record.beside)]
    for column, steps in telling(values):
        yield f"{record.beside[column - 1]} is {name} {steps} step{'s' * (steps != 1)} later"
    for column, steps in telling_steps(values):
        yield (f"{record.beside[column - 1]} is the step, or return, that {name} makes "
               f"{steps} row{'s' * (steps != 1)} later")  # fmt: skip


def _times(table: _Table) -> tuple[np.ndarray, bool]:
    """The moments of rows as numbers, and whether they are dates; in order of the rows where there is no time."""
    if table.first.time is None:
        return np.arange(len(table.origins), dtype=np.float64), False
    numbers = all(isinstance(one, int | float) or (isinstance(one, str) and plain_number(one) is not None)
                  for one in table.times[:100])  # fmt: skip
    found = moments(table.times, table.first.time_name, table.origins, None)
    units = (one for one in _SINCE_1970 if (found >= one * _YEAR_2001).all() and (found < one * _YEAR_2100).all())
    unit = next(units, 0.0) if numbers else 0.0
    return (found / unit, True) if unit else (found, not numbers)
