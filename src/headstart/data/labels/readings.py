"""What was measured at one moment, as a table has it; and which of its cells are numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headstart.core.errors import DataError
from headstart.data.labels.numbers import plain_number
from headstart.data.labels.spelling import MISSING, MISSING_NUMBER
from headstart.data.records import is_missing


@dataclass(frozen=True, slots=True)
class Reading:
    """What was measured at one moment.

    time, series  as the table has them; None where it has no such column
    values        of every column that is forecast, as the table has them, then of those beside them
    names         the columns that are forecast; `beside` are the others
    time_name, series_name  the columns of the first two
    timed         there is a column of times
    marked        the last of the values says whether the moment is an anomaly: nothing is learned from it
    """

    time: Any
    series: Any
    values: tuple[Any, ...]
    names: tuple[str, ...]
    beside: tuple[str, ...] = ()
    time_name: str = "time"
    series_name: str = ""
    timed: bool = False
    marked: bool = False


def number_of(value: Any) -> float | None:
    """A number as it is, or as a text in the usual form; None for anything else, and for what is not finite."""
    if isinstance(value, str):
        return plain_number(value.strip())
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if abs(found) != float("inf") else None


def measured(value: Any, name: str, origin: str) -> float:
    """A cell of a column of numbers, NaN for a gap; DataError for anything else."""
    if is_gap(value):
        return float("nan")
    found = number_of(value)
    if found is None:
        raise no_number(value, name, origin)
    return found


def no_number(value: Any, name: str, origin: str) -> DataError:
    """The error for a cell of a column of numbers that is none."""
    where, fix = f"{origin}, column {name}", "correct the cell or prepare with --skip-bad"
    return DataError(521, "not a number", where=where, found=repr(value)[:60], fix=fix)


def is_gap(value: Any) -> bool:
    """Does this stand for no value?"""
    if isinstance(value, str):
        text = value.strip().lower()
        return not text or text in MISSING or text in MISSING_NUMBER
    return is_missing(value)


@dataclass(frozen=True, slots=True)
class StepColumns:
    """Which columns of a table hold what of the steps of episodes; None where it has no such column. A cell of `acts`
    and `observes` is a number, or a list of as many numbers each step. `ends` say that an episode is over."""

    acts: tuple[str, ...]
    observes: tuple[str, ...]
    episode: str | None = None
    time: str | None = None
    frame: str | None = None
    reward: str | None = None
    task: str | None = None
    ends: tuple[str, ...] = ()

    @property
    def taken(self) -> tuple[str, ...]:
        """Every column that is read."""
        others = (self.episode, self.time, self.frame, self.reward, self.task)
        return (*self.acts, *self.observes, *self.ends, *(name for name in others if name is not None))


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an episode, as a table has it: the cells by column."""

    cells: Mapping[str, Any]
    columns: StepColumns
