"""Tables whose rows are moments of measured series: which column is the time, which the series, which its values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from headstart.core.errors import DataError, nearest
from headstart.data.labels.numbers import form_of
from headstart.data.labels.readings import Reading, is_gap, number_of
from headstart.data.reading.roles import Ask, Roles

TIMES = ("ds", "date", "datetime", "timestamp", "time", "month", "day", "year", "hour", "period", "week", "quarter")
NAMES = ("unique_id", "item_id", "series_id", "series", "id")
VALUES = ("y", "target", "value")
LABELS = ("label", "labels", "class", "target", "category", "activity", "y")
SPLITS = ("split", "subset", "part")
LONG = (("unique_id", "ds", "y"), ("item_id", "timestamp", "target"), ("id", "timestamp", "target"))
"""How the tables of forecasting libraries are headed."""
_RIGHT = 0.9  # share of a column of numbers that are some
LOOK = 200  # rows whose values say which columns are numbers
FIX = "name it: --time COLUMN"


def is_headed_so(columns: Sequence[str]) -> bool:
    """Has the table the columns by which forecasting libraries know a long table?"""
    lower = {column.strip().lower() for column in columns}
    return any(lower.issuperset(names) for names in LONG)


def choose(
    columns: Sequence[str], rows: Iterable[Mapping[str, Any]], ask: Ask, *, input: str | None, target: str | None,
    where: str,
) -> Roles:  # fmt: skip
    """The columns of a table of moments, as asked for, as learned from, as they are usually called; DataError where a
    column is not there, or none has numbers."""
    learned, seen = ask.learned, list(islice(rows, LOOK))
    time = asked_column(columns, ask.time or (learned.time if learned else None), "time", where) or _usual(
        columns, TIMES
    )
    series = asked_column(columns, ask.id or (learned.id if learned else None), "id", where)
    series = series or _usual([c for c in columns if c != time], NAMES)
    marks = asked_column(columns, ask.marks, "marks", where)
    if marks is None and learned is not None and learned.marks in columns:
        marks = learned.marks
    numbers = [c for c in columns if c not in (time, series, marks) and are_numbers([row.get(c) for row in seen])]
    if ask.labelled:
        return _labelled(columns, numbers, ask, time, series, input=input, target=target, where=where)
    if target is None and learned is not None and learned.channels:
        target = ",".join(learned.channels)
    wanted = asked_columns(columns, target, "target", where)
    usual = _usual(numbers, VALUES) if series is not None else None
    channels = wanted or ((usual,) if usual is not None else tuple(numbers))
    if not channels:
        found, fix = "columns " + ", ".join(columns), "name the column of numbers with --target"
        raise DataError(520, "no column has numbers over time", where=where, found=found, fix=fix)
    given = input if input is not None or learned is None else ",".join(learned.inputs)
    inputs = tuple(
        c for c in asked_columns(columns, given, "input", where) if c not in (time, series, marks, *channels)
    )
    taken = (time, series, marks, *channels, *inputs)
    why = "" if wanted else "the columns of numbers" if usual is None else ""
    untimed = f"no column of {where} is a time: the rows are taken in their order; {FIX}"
    return Roles(
        inputs, None, None, id=series, unused=tuple(c for c in columns if c not in taken), time=time,
        channels=channels, why=why, marks=marks,
        notes=() if time is not None else (untimed,),
    )  # fmt: skip


def _labelled(
    columns: Sequence[str], numbers: Sequence[str], ask: Ask, time: str | None, series: str | None, *,
    input: str | None, target: str | None, where: str,
) -> Roles:  # fmt: skip
    """The columns where every series has a label of its own. A row is a moment where there is a column of times or of
    series, else a whole series, with its values in the order of the columns."""
    learned = ask.learned
    labels = asked_columns(columns, target, "target", where)
    if not labels and learned is not None and learned.target is not None:
        labels = tuple(one for one in _listed(columns, learned.target) if one in columns)
    known = labels or (learned is not None and learned.target is not None)
    usual = None if known else _usual([c for c in columns if c not in (time, series)], LABELS)
    labels = labels or (() if usual is None else (usual,))
    split = _usual([c for c in columns if c not in (time, series, *labels)], SPLITS)
    given = input if input is not None or learned is None else ",".join(learned.channels)
    wanted = asked_columns(columns, given, "input", where)
    apart = (time, series, split, *labels, *ask.apart)
    channels = wanted or tuple(c for c in numbers if c not in apart)
    if not channels:
        found, fix = "columns " + ", ".join(columns), "name the columns of numbers with --input"
        raise DataError(520, "no column has numbers over time", where=where, found=found, fix=fix)
    taken = (time, series, split, *labels, *channels)
    return Roles(
        (), labels[0] if len(labels) == 1 else None, split, id=series, targets=labels if len(labels) > 1 else (),
        unused=tuple(c for c in columns if c not in taken), why="" if wanted else "the columns of numbers", time=time,
        channels=channels, labelled=True,
    )  # fmt: skip


def reading(row: Mapping[str, Any], roles: Roles) -> Reading:
    """One row of such a table."""
    marks = () if roles.marks is None else (roles.marks,)
    return Reading(
        None if roles.time is None else row[roles.time],
        None if roles.id is None else row[roles.id],
        tuple(row[name] for name in (*roles.channels, *roles.inputs, *marks)),
        roles.channels,
        roles.inputs,
        roles.time or "time",
        roles.id or "",
        roles.time is not None,
        bool(marks),
    )


def are_numbers(values: Sequence[Any]) -> bool:
    """Are these numbers, but for those that are missing, and for mistakes in one of ten? Texts may all be written with
    a decimal comma, marks of thousands, or a unit."""
    there = [value for value in values if not is_gap(value)]
    if sum(number_of(value) is not None for value in there) >= _RIGHT * len(there):
        return bool(there)
    texts = {value.strip() for value in there if isinstance(value, str)}
    return bool(texts) and all(isinstance(value, str) for value in there) and form_of(texts) is not None


def asked_column(columns: Sequence[str], name: str | None, option: str, where: str) -> str | None:
    """The column of this name, None for no name; DataError where it is not there."""
    if name is None or name in columns:
        return name
    found, fix = "columns " + ", ".join(columns), f"for --{option}: {nearest(name, columns)}"
    raise DataError(212, f"no column '{name}'", where=where, found=found, fix=fix)


def _listed(columns: Sequence[str], names: str) -> list[str]:
    return [] if not names else [names] if names in columns else [one.strip() for one in names.split(",")]


def asked_columns(columns: Sequence[str], names: str | None, option: str, where: str) -> tuple[str, ...]:
    """The columns meant by "a,b"; DataError where one is not there."""
    several = _listed(columns, names or "")
    return tuple(found for one in several if (found := asked_column(columns, one, option, where)) is not None)


def _usual(columns: Sequence[str], names: Sequence[str]) -> str | None:
    lower = {column.strip().lower(): column for column in columns}
    return next((lower[name] for name in names if name in lower), None)
