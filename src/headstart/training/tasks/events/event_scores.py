"""Events in time, and how many of those that were answered are right."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from headstart.core.errors import DataError

COLLAR = 0.2  # seconds that an answered beginning may be off
_END = 0.5  # share of a true event's length that an answered end may be off, where that is more
_SEGMENT = 1.0  # seconds
_MOST_SEGMENTS = 100_000  # of a row


class Event(NamedTuple):
    """Seconds from the beginning of the row, and what is heard."""

    start: float
    end: float
    label: str


def events_in(label: Any, where: str) -> list[Event]:
    """The events of a label, the earliest first; DataError if it is something else."""
    found = [_event(one) for one in label] if isinstance(label, list | tuple) else [None]
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        expected = '[{"start": 0.5, "end": 1.2, "label": "dog"}], in seconds, start before end'
        fix = "correct the row, or prepare with --skip-bad"
        what = "the label is no list of events"
        raise DataError(511, what, where=where, found=repr(label)[:80], expected=expected, fix=fix)
    return sorted(known)


def _event(one: Any) -> Event | None:
    if not isinstance(one, Mapping) or not {"start", "end", "label"} <= one.keys():
        return None
    start, end = one["start"], one["end"]
    numbers = all(isinstance(n, int | float) and not isinstance(n, bool) and math.isfinite(n) for n in (start, end))
    return Event(float(start), float(end), str(one["label"])) if numbers and 0 <= start < end else None


def matched(said: Sequence[Event], true: Sequence[Event]) -> int:
    """Most pairs of an answered and a true event that are one: the same label, beginnings at most 0.2 seconds apart,
    ends as close or within half of the true length (Mesaros, Heittola and Virtanen 2016)."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import maximum_bipartite_matching

    if not said or not true:
        return 0
    pairs = np.array([[_are_one(one, other) for other in true] for one in said])
    return int((maximum_bipartite_matching(csr_matrix(pairs)) >= 0).sum()) if pairs.any() else 0


def _are_one(said: Event, true: Event) -> bool:
    late = max(COLLAR, _END * (true.end - true.start))
    return said.label == true.label and abs(said.start - true.start) <= COLLAR and abs(said.end - true.end) <= late


def counts(said: Sequence[Event], true: Sequence[Event]) -> tuple[int, int]:
    """Right events, and those that are wrong or missed."""
    right = matched(said, true)
    return right, len(said) + len(true) - 2 * right


def segment_counts(said: Sequence[Event], true: Sequence[Event]) -> tuple[int, int]:
    """The same of labels in each second of the row."""
    one, other = _segments(said), _segments(true)
    return len(one & other), len(one ^ other)


def _segments(events: Iterable[Event]) -> set[tuple[int, str]]:
    found = set()
    for start, end, label in events:
        first, last = int(start / _SEGMENT), min(math.ceil(end / _SEGMENT), int(start / _SEGMENT) + _MOST_SEGMENTS)
        found |= {(number, label) for number in range(first, max(last, first + 1))}
    return found


def heard(shares: np.ndarray, threshold: float, width: int, second: float, label: str) -> list[tuple[Event, float]]:
    """Events of one label and how sure each is, from its probabilities of moments [T] that last `second`.

    A moment belongs to an event where most of `width` moments around it (an odd number) reach the threshold.
    """
    above = (shares >= threshold).astype(np.int64)
    if width > 1:
        padded = np.pad(above, width // 2)
        sums = np.concatenate([[0], np.cumsum(padded)])
        above = (2 * (sums[width:] - sums[:-width]) > width).astype(np.int64)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], above, [0]]))).tolist()
    return [
        (Event(begin * second, end * second, label), float(shares[begin:end].mean()))
        for begin, end in zip(edges[::2], edges[1::2], strict=True)
    ]
