"""The regular grid that moments of a series lie on: every so many seconds, months or working days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np

Unit = Literal["seconds", "months", "working days", "numbers", "rows"]
DAY = 86_400.0
_OFF, _ODD, _SPARSE = 0.1, 0.01, 4  # of a step; share of moments off the grid; steps of the grid for each moment
_NAMES = {1.0: "second", 60.0: "minute", 3600.0: "hour", DAY: "day", 7 * DAY: "week"}
_SEASONS = {900.0: 96, 1800.0: 48, 3600.0: 24, 600.0: 144, 300.0: 288, 60.0: 1440, DAY: 7, 7 * DAY: 52}
_HORIZONS = {DAY: 14, 7 * DAY: 13}
_OF_MONTHS = {1: (12, 18), 3: (4, 8), 12: (1, 6)}  # season and horizon, as in the M4 competition
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Grid:
    """A step every so many units. Of "numbers" the times are plain numbers, of "rows" only their order counts."""

    unit: Unit
    every: float = 1.0

    @property
    def words(self) -> str:
        """ "a value every hour"."""
        if self.unit == "rows":
            return "values in order, at no regular times"
        if self.unit in ("seconds", "months") and (self.every in _NAMES or self.unit == "months"):
            name = _NAMES[self.every] if self.unit == "seconds" else "month"
            return (
                f"a value every {name}" if self.unit == "seconds" or self.every == 1 else f"every {self.every:g} months"
            )
        return f"a value every {self.every:g} {self.unit}" if self.every != 1 else f"a value every {self.unit[:-1]}"

    @property
    def season(self) -> int:
        """Steps after which such series usually repeat."""
        if self.unit == "months":
            return _OF_MONTHS.get(int(self.every), (1, 6))[0]
        return 5 if self.unit == "working days" else _SEASONS.get(self.every, 1) if self.unit == "seconds" else 1

    @property
    def horizon(self) -> int:
        """Steps that are usually forecast."""
        if self.unit == "months":
            return _OF_MONTHS.get(int(self.every), (1, 6))[1]
        return 10 if self.unit == "working days" else _HORIZONS.get(self.every, 2 * max(12, min(self.season, 24)))

    def places(self, times: np.ndarray) -> np.ndarray:
        """Which step each moment is, counted from the first, int64 [n]; times ascend."""
        if self.unit == "rows":
            return np.arange(len(times))
        if self.unit == "months":
            return np.round((_months(times) - _months(times[:1])) / self.every).astype(np.int64)
        if self.unit == "working days":
            days = (times // DAY).astype("datetime64[D]")
            return np.busday_count(days[0], days).astype(np.int64)
        return np.round((times - times[0]) / self.every).astype(np.int64)

    def at(self, start: float, step: int) -> float:
        """The moment so many steps after one."""
        if self.unit == "rows":
            return start + step
        if self.unit == "months":
            return _months_later(start, round(step * self.every))
        if self.unit == "working days":
            day = np.datetime64(int(start // DAY), "D")
            return float(np.busday_offset(day, step, roll="backward").astype(np.int64)) * DAY + start % DAY
        return start + step * self.every

    def between(self, first: float, last: float) -> int:
        """Steps from one moment to another."""
        return round(last - first) if self.unit == "rows" else int(self.places(np.array([first, last]))[-1])

    def text(self, moment: float) -> str | float:
        """A moment as people write it: "2018-06-26 19:00:00"; a number where times are numbers or rows."""
        if self.unit in ("numbers", "rows"):
            return int(moment) if float(moment).is_integer() else moment
        written = (_EPOCH + timedelta(seconds=moment)).strftime("%Y-%m-%d %H:%M:%S")
        return written if self.unit == "seconds" and self.every % DAY else written.removesuffix(" 00:00:00")


def grid_of(times: np.ndarray, *, dated: bool) -> Grid:
    """The grid of moments that ascend, each of them once, float64 [n]."""
    if len(times) < 3:
        return Grid("rows")
    gaps = np.round(np.diff(times), 3)
    steps, counts = np.unique(gaps, return_counts=True)
    step = float(steps[counts.argmax()])
    if not dated:
        return _fits(Grid("numbers", step), times)
    if np.median(gaps) >= 28 * DAY and _of_months(times):
        apart = np.diff(_months(times))
        return _fits(Grid("months", float(np.bincount(np.round(apart).astype(int)).argmax())), times)
    weekday = ((times // DAY).astype(np.int64) + 3) % 7
    if step == DAY and len(times) >= 10 and not (weekday >= 5).any():
        return _fits(Grid("working days"), times)
    return _fits(Grid("seconds", step), times)


def _fits(grid: Grid, times: np.ndarray) -> Grid:
    """The grid, or the order alone where moments do not lie on it."""
    places = grid.places(times)
    if grid.unit in ("seconds", "numbers"):
        off = np.abs((times - times[0]) / grid.every - places) > _OFF
        if off.mean() > _ODD:
            return Grid("rows")
    twice = (np.diff(places) == 0).mean() > _ODD
    return Grid("rows") if twice or places[-1] + 1 > _SPARSE * len(times) else grid


def _of_months(times: np.ndarray) -> bool:
    """Are these the same day of every month, or its last?"""
    days = (times // DAY).astype("datetime64[D]")
    of_month = (days - days.astype("datetime64[M]").astype("datetime64[D]")).astype(int)
    last = (days + 1).astype("datetime64[M]") != days.astype("datetime64[M]")
    return bool((of_month == of_month[0]).all() or last.all())


def _months(times: np.ndarray) -> np.ndarray:
    return (times // DAY).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _months_later(start: float, months: int) -> float:
    """The same day so many months later, or the last of a shorter month."""
    day = np.datetime64(int(start // DAY), "D")
    month = day.astype("datetime64[M]")
    inside = (day - month.astype("datetime64[D]")).astype(int)
    then = month + months
    length = ((then + 1).astype("datetime64[D]") - then.astype("datetime64[D]")).astype(int)
    whole = inside + 1 == ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(int)
    found = then.astype("datetime64[D]") + (length - 1 if whole else min(inside, length - 1))
    return float(found.astype(np.int64)) * DAY + start % DAY
