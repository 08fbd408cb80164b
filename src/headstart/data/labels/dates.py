"""Dates as people write them, and the seconds since 1970 that they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = (r"(?:[T ,]+(?:at )?(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
          r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?)?(?: ?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}))?")  # fmt: skip
_NUMBERS = re.compile(r"(\d{1,4})[-./ ](\d{1,2})[-./ ](\d{1,4})\.?" + _CLOCK)
_NAMED = re.compile(r"(?:[A-Za-z]{3,9}\.?,? )?(?:(\d{1,2})(?:st|nd|rd|th|\.)?[ -]+)?([A-Za-z]{3,9})\.?[ -]+"
                    r"(?:(\d{1,2})(?:st|nd|rd|th)?,?[ -]+)?(\d{2,4})" + _CLOCK)  # fmt: skip
_QUARTER = re.compile(r"(\d{4})[-/ ]?Q([1-4])|Q([1-4])[-/ ]?(\d{4})", re.IGNORECASE)
_MONTH = re.compile(r"(\d{4})[-/.M](\d{1,2})|(\d{1,2})[-/.](\d{4})")
ORDERS = {"year-first": (0, 1, 2), "day-first": (2, 1, 0), "month-first": (2, 0, 1)}  # where year, month, day stand
WAYS = ("iso", "month name", *ORDERS)
_MOST = 0.9  # most of a column's texts are dates if it is one of dates
_PIVOT = 69  # two digits of a year from here on are of the last century, as strptime has it


def iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def in_order(text: str, places: tuple[int, int, int]) -> datetime | None:
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


def with_month(text: str) -> datetime | None:
    """A date whose month has a name: Jan 02 2021, 2 January 2021, Sat, 02-Jan-21 10:00."""
    found = _NAMED.fullmatch(text)
    if found is None or found[2][:3].lower() not in _MONTHS or (found[1] is None) == (found[3] is None):
        return None
    return _moment(found[4], _MONTHS.index(found[2][:3].lower()) + 1, int(found[1] or found[3]), found)


def part_of_year(text: str) -> datetime | None:
    """The first day of a quarter or month: 1990Q1, Q1 1990, 2020-01, 2020M01, 01/2020."""
    if (found := _QUARTER.fullmatch(text)) is not None:
        year, month = found[1] or found[4], 3 * int(found[2] or found[3]) - 2
    elif (found := _MONTH.fullmatch(text)) is not None:
        year, month = found[1] or found[4], int(found[2] or found[3])
    else:
        return None
    return datetime(int(year), month, 1, tzinfo=UTC) if 1 <= month <= 12 and int(year) else None


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


def seconds(value: date | datetime) -> float:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()


def way_of(texts: Sequence[str]) -> str:
    """How these texts write dates: "iso", "month name" or an order such as "day-first"; "" if most are none.

    Where day and month could be either, the day is first.
    """
    for way in WAYS:
        if sum(moment(text, way) is not None for text in texts) >= _MOST * len(texts) > 0:
            return way
    return ""


def moment(text: str, way: str) -> float | None:
    """The seconds since 1970 of a date that is written in a way of `way_of`; None if it is not."""
    found = iso(text) if way == "iso" else with_month(text) if way == "month name" else in_order(text, ORDERS[way])
    return None if found is None else seconds(found)
