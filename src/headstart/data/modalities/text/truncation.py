"""Rows of several texts that are longer than a model reads: each loses of its end, the longest first."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np


def fitted(
    values: np.ndarray, offsets: np.ndarray, between: Sequence[int], room: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Ragged rows; those of several parts have at most `room` [n] ids, the others stay as long as they are."""
    long = {number: divided(values[offsets[number] : offsets[number + 1]], between)
            for number in np.flatnonzero(np.diff(offsets) > room).tolist()}  # fmt: skip
    long = {number: parts for number, parts in long.items() if len(parts) > 1}
    if not long:
        return values, offsets
    rows = [values[a:b] for a, b in pairwise(offsets)]
    for number, parts in long.items():
        rows[number] = shortened(parts, between, int(room[number]))
    return np.concatenate(rows), np.concatenate([[0], np.cumsum([len(row) for row in rows])])


def divided(row: np.ndarray, between: Sequence[int]) -> list[np.ndarray]:
    """The parts of a row of ids."""
    if not between:
        return [row]
    width = len(between)
    windows = np.lib.stride_tricks.sliding_window_view(row, width) if len(row) >= width else np.zeros((0, width))
    parts, begin = [], 0
    for place in np.flatnonzero((windows == np.array(between)).all(1)).tolist():
        if place >= begin:
            parts.append(row[begin:place])
            begin = place + width
    return [*parts, row[begin:]]


def shortened(parts: Sequence[np.ndarray], between: Sequence[int], room: int) -> np.ndarray:
    """Parts with `between` between them in `room` ids: short parts stay whole, long ones get what is left in equal
    shares, as transformers' "longest_first" does with two.
    """
    left = max(0, room - len(between) * (len(parts) - 1))
    lengths = np.array([len(part) for part in parts])
    kept = np.zeros(len(parts), np.int64)
    for place, number in enumerate(np.argsort(lengths, kind="stable").tolist()):
        kept[number] = min(lengths[number], left // (len(parts) - place))
        left -= int(kept[number])
    marks = np.array(between, parts[0].dtype)
    pieces = [piece for part, count in zip(parts, kept, strict=True) for piece in (marks, part[:count])]
    return np.concatenate(pieces[1:])[:room]
