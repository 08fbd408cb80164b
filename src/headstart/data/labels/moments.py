"""Times of rows as numbers that sort: seconds of dates in any usual spelling, as the column as a whole is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np

from headstart.core.errors import DataError
from headstart.data.labels.dates import ORDERS, in_order, iso, part_of_year, seconds, with_month
from headstart.data.labels.numbers import plain_number
from headstart.data.labels.spelling import cleaned, is_no_label
from headstart.data.records import is_missing


def moments(values: Sequence[Any], name: str, origins: Sequence[str], written: str | None) -> np.ndarray:
    """The times of rows, float64 [n]: numbers as they are, dates as seconds since 1970 (UTC where no zone is named).

    written  where the column leaves it open: "day-first", "month-first", "year-first", or how `strptime` writes them

    DataError for a row without a time, for what is no time, and for dates that can be read in two ways.
    """
    if written is None and all(map(_plain, values)):  # at once: one by one a million rows take a minute
        return np.array(values, "datetime64[us]").astype(np.int64) / 1e6
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
        return np.array([seconds(value) for value in values])
    numbers = [plain_number(text) for text in texts]
    if all(number is not None for number in numbers):
        return np.array(numbers, np.float64)
    return _dates(texts, name, origins)


def _plain(value: Any) -> bool:
    """Is this a date with its time, without a zone?"""
    return isinstance(value, datetime) and value.tzinfo is None and not is_missing(value)


def _dates(texts: Sequence[str], name: str, origins: Sequence[str]) -> np.ndarray:
    """Texts in one of the spellings that all of them have."""
    ways: list[Callable[[str], datetime | None]] = [iso, with_month, part_of_year]
    for way in ways:
        found = [way(text) for text in texts]
        if None not in found:
            return np.array([seconds(one) for one in found if one is not None])
    read = {order: [in_order(text, places) for text in texts] for order, places in ORDERS.items()}
    whole = {order: [seconds(one) for one in found if one is not None] for order, found in read.items()}
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
    return seconds(found)


def _by_format(text: str, written: str) -> datetime | None:
    if written in ORDERS:
        return in_order(text, ORDERS[written])
    try:
        return datetime.strptime(text, written)
    except ValueError:
        return None
