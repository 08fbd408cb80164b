"""Rows of a table that are events of one recording -> one row a recording, whose label is the list of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from headstart.core import contracts
from headstart.core.errors import DataError
from headstart.data.labels.numbers import plain_number
from headstart.data.labels.over_time import is_events
from headstart.data.records import is_missing

_MOMENTS = ("start", "end")


def gathered(rows: Iterable[contracts.Example]) -> Iterator[contracts.Example]:
    """Rows with a start, an end and a label as events of the recording that they name, in the order in which
    recordings come first; rows of another form as they are. A row with none of the three says that nothing is heard.

    Other columns are those of the recording's first row. A recording whose rows cannot be read together has a DataError
    for its input.
    """
    found: dict[Any, list[contracts.Example]] = {}
    for number, row in enumerate(rows):
        found.setdefault(str(row["origin"]) if _is_event(row) else number, []).append(row)
    for origin, several in found.items():
        yield _one(several) if isinstance(origin, str) else several[0]


def _is_event(row: Mapping[str, Any]) -> bool:
    return all(name in row for name in _MOMENTS) and not ("label" in row and is_events(row["label"]))


def _one(rows: Sequence[contracts.Example]) -> contracts.Example:
    """The rows of a recording as one."""
    first = rows[0]
    kept = {name: value for name, value in first.items() if name not in _MOMENTS}
    bad = next((row["input"] for row in rows if isinstance(row["input"], DataError)), None)
    if bad is not None:
        return {**kept, "input": bad}
    try:
        _check_part(rows)
        return {**kept, "label": [event for row in rows for event in _events(row)]}
    except DataError as error:
        return {**kept, "input": error}


def _check_part(rows: Sequence[contracts.Example]) -> None:
    """DataError if the rows of a recording are of several parts."""
    parts = sorted({str(row["split"]) for row in rows if "split" in row})
    if len(parts) > 1:
        where, fix = str(rows[0]["origin"]), "give all rows of a recording one part"
        raise DataError(514, "a recording is in two parts", where=where, found=" and ".join(parts[:2]), fix=fix)


def _events(row: contracts.Example) -> Iterator[dict[str, Any]]:
    """The event of a row, one for each of several labels; none where the row says that nothing is heard."""
    moments = {name: _seconds(row[name]) for name in _MOMENTS}
    said = row.get("label")
    if said is None and all(value is None for value in moments.values()):
        return
    if said is None:
        fix = "write the label, leave start and end empty where nothing is heard, or prepare with --skip-bad"
        raise DataError(518, "an event has no label", where=str(row["origin"]), found=str(moments), fix=fix)
    for name in said if isinstance(said, list | tuple) else [said]:
        yield {**moments, "label": str(name)}


def _seconds(value: Any) -> Any:
    """A number of seconds, None for an empty cell; what is neither stays as it is, and the task refuses it."""
    if is_missing(value) or (isinstance(value, str) and not value.strip()):
        return None
    number = plain_number(value.strip()) if isinstance(value, str) else value
    return value if number is None else float(number) if isinstance(number, int | float) else number
