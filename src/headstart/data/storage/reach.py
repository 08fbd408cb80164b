"""Rows that are stretches of longer records: what is read of one reaches over the rows around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from headstart.core import contracts
from headstart.core.contracts.timeline import Timeline


def described(timeline: Timeline | None) -> dict[str, Any] | None:
    """What a manifest says of it; None where rows stand alone."""
    if timeline is None or timeline.whole:
        return None
    reach = {"before": timeline.before, "after": timeline.after, "edges": timeline.edges, "unit": timeline.unit}
    return {**reach, "column": timeline.column, "place": timeline.place}


class Reach:
    """The windows of stored rows: `before` places in front of each row and `after` from its first place on.

    values [places, C] of all rows one behind the other, offsets int64 [rows + 1], places int64 [rows] of each record
    that lie before a row, parts [rows] that nobody may look across: what lies behind the end of a row's own part, or
    beyond its record, is NaN. `whole` [rows] says which of them are rows to learn from and to answer.
    """

    def __init__(
        self, about: Mapping[str, Any], values: np.ndarray, offsets: np.ndarray, places: np.ndarray, parts: np.ndarray
    ) -> None:
        self.column, self._before, self._after = str(about["column"]), int(about["before"]), int(about["after"])
        self._values, self._first = values, offsets[:-1]
        self._begin = self._first - places  # of its record
        starts = places == 0
        new = np.concatenate([[True], starts[1:] | (parts[1:] != parts[:-1])]) if len(parts) else starts
        ends = np.concatenate([offsets[:-1][new][1:], offsets[-1:]])
        self._end = ends[np.cumsum(new) - 1] if len(parts) else self._first  # of its part of the record
        whole = ~starts & (self._first + self._after <= self._end)
        self.whole = np.ones_like(whole) if about.get("edges", False) else whole  # preparations of 0.1 do not say it

    @property
    def row_bytes(self) -> int:
        """Of one window."""
        return (self._before + self._after) * int(np.prod(self._values.shape[1:])) * self._values.dtype.itemsize

    def take(self, rows: np.ndarray) -> np.ndarray:
        """[B, before + after, C], a copy."""
        reach = np.arange(-self._before, self._after)
        places = self._first[rows][:, None] + reach  # [B, L + H]
        there = (places >= self._begin[rows][:, None]) & (places < self._end[rows][:, None])
        found = self._values.take(np.where(there, places, 0), axis=0)
        found[~there] = np.nan
        return found


def reaching(about: Mapping[str, Any] | None, columns: Mapping[str, Any], parts: np.ndarray) -> Reach | None:
    """The windows of a store whose columns are opened; None where rows stand alone."""
    if about is None:
        return None
    column, place = columns[about["column"]], columns[about["place"]]
    rows = np.arange(len(parts))
    return Reach(about, column.values, column.offsets, place.take(rows)[about["place"]], parts)


def cut(reach: Reach, columns: contracts.Columns, rows: np.ndarray) -> contracts.Columns:
    """Columns of rows as they are stored, with the windows in the place of the stretches."""
    kept = {name: values for name, values in columns.items() if name.partition(".")[0] != reach.column}
    return {**kept, reach.column: reach.take(rows)}
