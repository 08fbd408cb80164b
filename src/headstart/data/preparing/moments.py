"""Times of rows as numbers that sort: seconds of dates in any usual spelling, as the column as a whole is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from headstart.core.errors import DataError
from headstart.data.labels.numbers import plain_number
from headstart.data.labels.spelling import cleaned, is_no_label
from headstart.data.records import is_missing

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = (r"(?:[T ,]+(?:at )?(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
          r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?)?(?: ?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}))?")  # fmt: skip
_NUMBERS = re.compile(r"(\d{1,4})[-./ ](\d{1,2})[-./ ](\d{1,4})\.?" + _CLOCK)
_NAMED = re.compile(r"(?:[A-Za-z]{3,9}\.?,? )?(?:(\d{1,2})(?:st|nd|rd|th|\.)?[ -]+)?([A-Za-z]{3,9})\.?[ -]+"
                    r"(?:(\d{1,2})(?:st|nd|rd|th)?,?[ -]+)?(\d{2,4})" + _CLOCK)  # fmt: skip
_ORDERS = {"year-first": (0, 1, 2), "day-first": (2, 1, 0), "month-first": (2, 0, 1)}  # where year, month, day stand
_PIVOT = 69  # two digits of a year from here on are of the last century, as strptime has it


def moments(values: Sequence[Any], name: str, origins: Sequence[str], written: str | None) -> np.ndarray:
    """The times of rows, float64 [n]: numbers as they are, dates as seconds since 1970 (UTC where no zone is named).

    written  where the column leaves it open: "day-first", "month-first", "year-first", or how `strptime` writes them

    DataError for a row without a time, for what is no time, and for dates that can be read in two ways.
    """
    texts = [cleaned(str(value)) for value in values]
    for value, text, origin in zip(values, texts, origins, strict=True):
        if is_missing(value) or is_no_label(text):
            where, fix = f"{origin}, column {name}", "fill it in or remove the row"
            raise DataError(341, "a row has no time", where=where, fix=fix)
    if written is not None:
        return np.array(
            [_at(_by_format(text, written), text, name, at) for text, at in zip(texts, origins, strict=True)]
        )
    if all(isinstance(value, date) for value in values):
        return np.array([_seconds(value) for value in values])
    numbers = [plain_number(text) for text in texts]
    if all(number is not None for number in numbers):
        return np.array(numbers, np.float64)
    return _dates(texts, name, origins)


def _dates(texts: Sequence[str], name: str, origins: Sequence[str]) -> np.ndarray:
    """Texts in one of the spellings that all of them have."""
    ways: list[Callable[[str], datetime | None]] = [_iso, _with_month]
    for way in ways:
        found = [way(text) for text in texts]
        if None not in found:
            return np.array([_seconds(one) for one in found if one is not None])
    read = {order: [_in_order(text, places) for text in texts] for order, places in _ORDERS.items()}
    whole = {order: [_seconds(one) for one in found if one is not None] for order, found in read.items()}
    fits = {order: np.array(found) for order, found in whole.items() if len(found) == len(texts)}
    short = any(len(part) < 3 for part in re.split(r"\D", texts[0])[:1])
    if short and len(fits) > 1:  # two digits of a year seldom stand first
        fits.pop("year-first", None)
    if not fits:
        counts = {order: len(found) for order, found in whole.items()}
        best = max(counts, key=lambda order: counts[order])
        odd = next(place for place, one in enumerate(read[best]) if one is None)
        raise _no_time(texts[odd], name, origins[odd])
    orders = list(fits)
    ranks = {order: np.unique(found, return_inverse=True)[1].tolist() for order, found in fits.items()}
    if any(ranks[order] != ranks[orders[0]] for order in orders):
        fix = "say which: " + " or ".join(f"prepare --time-format {order}" for order in orders)
        found = f"'{texts[0]}' and {len(texts) - 1:,} others"
        raise DataError(343, "the dates can be read in two ways", where=f"column {name}", found=found, fix=fix)
    return fits[orders[0]]


def _no_time(text: str, name: str, origin: str) -> DataError:
    fix = 'correct the row, or say how all are written: prepare --time-format "%d.%m.%Y %H:%M"'
    where = f"{origin}, column {name}"
    return DataError(344, "this is no time that can be read", where=where, found=f"'{text[:60]}'", fix=fix)


def _at(found: datetime | None, text: str, name: str, origin: str) -> float:
    if found is None:
        raise _no_time(text, name, origin)
    return _seconds(found)


def _by_format(text: str, written: str) -> datetime | None:
    if written in _ORDERS:
        return _in_order(text, _ORDERS[written])
    try:
        return datetime.strptime(text, written)
    except ValueError:
        return None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _in_order(text: str, places: tuple[int, int, int]) -> datetime | None:
    """A date of three numbers whose year, month and day stand at these places."""
    found = _NUMBERS.fullmatch(text)
    if found is None:
        return None
    parts = found.groups()[:3]
    year, month, day = (parts[place] for place in places)
    others = [part for place, part in enumerate(parts) if place != places[0]]
    if len(year) not in (2, 4) or any(len(part) > 2 for part in others):
        return None
    return _moment(year, int(month), int(day), found)


def _with_month(text: str) -> datetime | None:
    """A date whose month has a name: Jan 02 2021, 2 January 2021, Sat, 02-Jan-21 10:00."""
    found = _NAMED.fullmatch(text)
    if found is None or found[2][:3].lower() not in _MONTHS or (found[1] is None) == (found[3] is None):
        return None
    return _moment(found[4], _MONTHS.index(found[2][:3].lower()) + 1, int(found[1] or found[3]), found)


def _moment(year: str, month: int, day: int, clock: re.Match[str]) -> datetime | None:
    years = int(year) + (0 if len(year) > 2 else 1900 if int(year) >= _PIVOT else 2000)
    hour = int(clock["hour"] or 0)
    if clock["half"]:
        hour = hour % 12 + 12 * (clock["half"] in "Pp") if 1 <= hour <= 12 else 99
    part = int((clock["part"] or "0")[:6].ljust(6, "0"))
    try:
        made = datetime.combine(date(years, month, day), time(hour, int(clock["minute"] or 0),
                                int(clock["second"] or 0), part), UTC)  # fmt: skip
    except ValueError:
        return None
    zone = clock["zone"]
    if zone is None or zone[0] not in "+-":
        return made
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return made - offset if zone[0] == "+" else made + offset


def _seconds(value: date | datetime) -> float:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
