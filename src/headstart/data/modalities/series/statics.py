"""Columns of long tables that have one value a series, such as its region: numbers, and categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from headstart.core.errors import DataError
from headstart.data.modalities.series.records import Record

MOST = 16  # categories of a column: each is a row of the window


@dataclass(frozen=True, slots=True)
class Static:
    """One such column: a category, or a number that is standardised over series."""

    name: str
    categories: tuple[str, ...] = ()
    mean: float = 0.0
    deviation: float = 1.0

    @property
    def words(self) -> str:
        """ "column region has one value a series (3 categories)"."""
        kind = f"{len(self.categories)} categories" if self.categories else "a number"
        return f"column {self.name} has one value a series ({kind})"

    def numbers(self, value: str | float | None) -> list[float]:
        """0 and 1 for each category, all 0 for another one; or the number, 0 where there is none."""
        if self.categories:
            return [float(_text(value) == one) for one in self.categories]
        known = isinstance(value, float) and np.isfinite(value)
        return [(float(value) - self.mean) / self.deviation if known and value is not None else 0.0]


def found(records: Sequence[Mapping[str, str | float]], beside: Sequence[str], known: Sequence[str]) -> list[Static]:
    """Which columns have one value in each series, and not the same in all; from that of each series (`fixed`)."""
    made = list[Static]()
    for name in beside:
        values = [one[name] for one in records if name in one]
        if name in known or len(values) < len(records) or len(set(map(str, values))) < 2:
            continue
        numbers = [one for one in values if isinstance(one, float)]
        if len(numbers) == len(values):
            made.append(Static(name, (), float(np.mean(numbers)), float(np.std(numbers)) or 1.0))
            continue
        names = tuple(sorted({_text(value) for value in values}))
        if len(names) > MOST:
            fix = "leave it out of --input, or write fewer kinds"
            raise DataError(
                825, "too many categories of series", where=f"column {name}", found=len(names), expected=MOST, fix=fix
            )
        made.append(Static(name, names))
    return made


def fixed(record: Record) -> dict[str, str | float]:
    """What is the same at all moments of a series, by column."""
    same = dict[str, str | float](record.texts)
    for place, name in enumerate(record.beside, 1):
        values = record.values[~np.isnan(record.values[:, place]), place]
        if name not in same and len(values) and (values == values[0]).all():
            same[name] = float(values[0])
    return same


def laid_out(record: Record, statics: Sequence[Static]) -> Record:
    """The record with what moves first, then the numbers of its statics at every moment; the marks stay last."""
    if not statics or record.laid_out:
        return record
    same, names = fixed(record), {one.name for one in statics}
    moving = [0, *(place for place, name in enumerate(record.beside, 1) if name not in names)]
    row = np.array([number for one in statics for number in one.numbers(same.get(one.name))])
    marks = record.values[:, record.values.shape[1] - record.marked :]
    values = np.concatenate([record.values[:, moving], np.tile(row, (len(record.values), 1)), marks], 1)
    return replace(record, values=values, laid_out=True)


def added(statics: Sequence[Static]) -> int:
    """How many numbers these are of every series."""
    return sum(len(one.categories) or 1 for one in statics)


def to_json(statics: Sequence[Static]) -> list[dict[str, Any]]:
    return [asdict(one) for one in statics]


def from_json(fields: Sequence[Mapping[str, Any]]) -> list[Static]:
    return [Static(str(one["name"]), tuple(map(str, one["categories"])), float(one["mean"]), float(one["deviation"]))
            for one in fields]  # fmt: skip


def _text(value: str | float | None) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
