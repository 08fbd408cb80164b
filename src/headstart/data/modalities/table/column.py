"""One column of a table: what its cells are, and what becomes of them."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np

from headstart.data.labels.dates import WAYS, moment
from headstart.data.labels.numbers import NumberForm, is_plain
from headstart.data.labels.spelling import cleaned
from headstart.data.records import is_missing

Kind = Literal["number", "category", "date", "text"]
MISSING, RARE = 0, 1
"""Codes of a category that is missing, and of one that is rare or was never seen; the first known one has 2."""

MOST_CODES = 254
BUCKETS = 64
"""Numbers that a column of texts becomes: how often words of each hash occur."""

DATE_PARTS = ("days", "year", "month", "day", "weekday", "hour")
_ABSENT = frozenset(("", "?", "na", "n/a", "#n/a", "<na>", "nan", "-nan", "nat", "null"))
_WORD = re.compile(r"\w+")
_DAY = 86_400
_REMEMBERED = 4_096  # cells of a column whose numbers are kept


@dataclass(frozen=True)
class Column:
    """A column that models see.

    words   of a category, the most frequent first; the others are one code
    form    how its numbers are written: decimal mark, thousands mark, unit
    way     how its dates are written, as `dates.way_of` says it
    """

    name: str
    kind: Kind
    words: tuple[str, ...] = ()
    form: tuple[str, str, str] = (".", "", "")
    way: str = ""

    @property
    def width(self) -> int:
        """Numbers that a cell becomes."""
        return {"number": 1, "category": 1, "date": len(DATE_PARTS), "text": BUCKETS}[self.kind]

    @property
    def codes(self) -> int:
        """Codes that a category can have: the known ones, missing and rare."""
        return len(self.words) + RARE + 1

    @property
    def parts(self) -> list[str]:
        """A name for each of these numbers."""
        if self.kind == "date":
            return [f"{self.name} {part}" for part in DATE_PARTS]
        return [self.name] * self.width

    @cached_property
    def read(self) -> Callable[[Any], Sequence[float] | None]:
        """A cell -> its numbers, those of a missing one too; None for what the column does not hold."""
        codes = {word: float(number) for number, word in enumerate(self.words, RARE + 1)}
        form, absent = NumberForm(*self.form), self.absent
        made: Callable[[Any], Sequence[float] | None] = {
            "number": lambda cell: _number(cell, form),
            "category": lambda cell: (codes.get(spelled(cell), float(RARE)),),
            "date": lambda cell: _date(cell, self.way),
            "text": _buckets,
        }[self.kind]

        def read(cell: Any) -> Sequence[float] | None:
            return absent if is_absent(cell) else made(cell)

        if self.kind == "number" and form == NumberForm():
            return lambda cell: (float(cell),) if type(cell) is str and is_plain(cell) else read(cell)
        known = lru_cache(_REMEMBERED if self.kind in ("category", "date") else 0)(read)
        return lambda cell: known(cell) if type(cell) is str else read(cell)

    @property
    def absent(self) -> Sequence[float]:
        """The numbers of a missing cell."""
        return {"category": (float(MISSING),), "text": (0.0,) * BUCKETS}.get(self.kind, (float("nan"),) * self.width)

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if not name.startswith("_")}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Column:
        """ValueError, KeyError or TypeError for what `to_json` would not give."""
        words, form = tuple(map(str, fields["words"])), tuple(map(str, fields["form"]))
        if len(form) != 3 or fields["kind"] not in ("number", "category", "date", "text") or len(words) > MOST_CODES:
            raise ValueError(fields["kind"])
        if form[0] not in (".", ",") or len(form[1]) > 1 or str(fields["way"]) not in ("", *WAYS):
            raise ValueError("a spelling of numbers or dates that is none")
        return cls(str(fields["name"]), fields["kind"], words, form, str(fields["way"]))


def is_absent(cell: Any) -> bool:
    """Is a cell missing, in whatever way?"""
    if isinstance(cell, str):
        return cell.strip().lower() in _ABSENT
    return is_missing(cell)


def spelled(cell: Any) -> str:
    """A cell as the name of a category: 3 and 3.0 are one."""
    if isinstance(cell, np.generic):
        cell = cell.item()
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = cleaned(str(cell))
    return text[:-2] if text.endswith(".0") and text[:-2].lstrip("-").isdecimal() else text


def _number(cell: Any, form: NumberForm) -> Sequence[float] | None:
    if not isinstance(cell, str):
        try:
            return (float(cell),)
        except (TypeError, ValueError, OverflowError):
            return None
    found = form.value(cleaned(cell))
    return None if found is None else (found,)


def _date(cell: Any, way: str) -> Sequence[float] | None:
    if isinstance(cell, np.datetime64):
        cell = cell.astype("datetime64[us]").item()
    if isinstance(cell, date) and not isinstance(cell, datetime):
        cell = datetime.combine(cell, time())
    if isinstance(cell, datetime):
        seconds = (cell if cell.tzinfo is not None else cell.replace(tzinfo=UTC)).timestamp()
    else:
        found = moment(cleaned(str(cell)), way) if way else None
        if found is None:
            return None
        seconds = found
    when = datetime.fromtimestamp(seconds, UTC)
    return seconds / _DAY, when.year, when.month, when.day, when.weekday(), when.hour


def _buckets(cell: Any) -> Sequence[float]:
    found = [0.0] * BUCKETS
    for word in _WORD.findall(str(cell).lower()):
        found[binascii.crc32(word.encode()) % BUCKETS] += 1.0
    return found
