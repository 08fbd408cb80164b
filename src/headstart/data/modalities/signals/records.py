"""Rows of tables, files and arrays as whole series, each with its label."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from headstart.core import contracts
from headstart.core.errors import DataError
from headstart.data.labels.moments import moments
from headstart.data.labels.readings import Reading, measured
from headstart.data.records import Measured

_OWN = frozenset(("input", "origin", "label", "split", "part", "kept", "repaired"))
_ORDER = "series whose moments were not in order of time, sorted"


@dataclass(frozen=True, slots=True)
class Wholes:
    """Every series is a row (`core/contracts/timeline.py`)."""

    before: int = 0
    after: int = 0
    column: str = "x"
    place: str = ""
    whole: bool = True
    edges: bool = False
    unit: str = ""
    acting: bool = False
    around: frozenset[str] = frozenset()
    tensors: str = (
        "x is float32 [B, 1, C, L]: values of each channel minus its mean, divided by its deviation (`signals.json`), "
        "0 behind the end of a series; keep is int64 [B, L], 0 there and else 1."
    )

    def records(self, rows: Iterable[contracts.Example], *, asked: bool) -> Iterator[contracts.Example]:
        """Rows of tables that are moments, series by series; any other row as it is."""
        series: dict[Any, _Moments] = {}
        for row in rows:
            found = row["input"]
            if not isinstance(found, Reading):
                yield row
            elif found.series_name or found.timed:
                key = row.get("split"), None if found.series is None else str(found.series)
                try:
                    series.setdefault(key, _Moments(found, row)).add(found, row)
                except DataError as error:
                    yield {**row, "input": error}
            else:
                yield _of_row(found, row)
        for one in series.values():
            yield one.example(asked=asked)


@dataclass(slots=True)
class _Moments:
    """The moments of one series while they are read; `row` is the first of them."""

    first: Reading
    row: contracts.Example
    times: list[Any] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)
    values: array[float] = field(default_factory=lambda: array("d"))
    labels: list[Any] = field(default_factory=list)

    def add(self, reading: Reading, row: contracts.Example) -> None:
        """One more moment."""
        cells = zip(reading.values, reading.names, strict=True)
        numbers = [measured(value, name, str(row["origin"])) for value, name in cells]
        self.times.append(reading.time)
        self.origins.append(str(row["origin"]))
        self.values.extend(numbers)
        label = row.get("label")
        if label is not None and label not in self.labels:
            self.labels.append(label)

    def example(self, *, asked: bool) -> contracts.Example:
        """The series as one row, with what its first moment says of it; its input is an error if labels differ."""
        first = self.first
        named = "" if first.series is None else f" {first.series}"
        begin = self.origins[0] if self.origins else str(self.row["origin"])
        origin = f"{begin.partition(':')[0]}{named}" if named else begin
        facts = {name: value for name, value in self.row.items() if name not in _OWN or name in ("split", "part")}
        kept = dict(self.row.get("kept", {}))
        if asked and first.series_name:
            kept = {first.series_name: first.series, **kept}
        facts |= {"origin": origin, **({"kept": kept} if kept else {})}
        if len(self.labels) > 1:
            return {**facts, "input": _several(origin, self.labels)}
        try:
            values, sorted_now = self._in_order()
        except DataError as error:
            return {**facts, "input": error}
        repaired = {"repaired": {_ORDER: 1}} if sorted_now else {}
        label = {"label": self.labels[0]} if self.labels else {}
        return {**facts, "input": Measured(values, first.names), **label, **repaired}

    def _in_order(self) -> tuple[np.ndarray, bool]:
        """Values [T, C] in order of time, and whether they had to be sorted for it."""
        values = np.frombuffer(self.values, np.float64).reshape(-1, len(self.first.names))
        if not self.first.timed:
            return values, False
        times = moments(self.times, self.first.time_name, self.origins, None)
        order = np.argsort(times, kind="stable")
        moved = bool((np.diff(order) < 0).any())
        return (values[order], True) if moved else (values, False)


def _of_row(reading: Reading, row: contracts.Example) -> contracts.Example:
    """A row that is a whole series: its cells are the values, in the order of the columns."""
    try:
        cells = zip(reading.values, reading.names, strict=True)
        values = np.array([measured(value, name, str(row["origin"])) for value, name in cells])
    except DataError as error:
        return {**row, "input": error}
    return {**row, "input": Measured(values[:, None])}


def _several(origin: str, labels: list[Any]) -> DataError:
    found = " and ".join(f"'{label}'" for label in labels[:2])
    fix = "name the column that tells series apart with --id, or give every part with one label an id of its own"
    return DataError(790, "a series has two labels", where=origin, found=found, expected="one label each", fix=fix)
