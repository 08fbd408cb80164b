"""Rows of dense numbers for a linear model: all of them, or of very many as many by chance as memory is to hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ALWAYS = 100_000  # rows that are never too many
_PORTION = 4_096  # rows that are moved at once
VALUES = 50_000_000  # numbers of further rows: 200 MB


def most_rows(width: int) -> int:
    """How many rows of so many numbers a linear model learns from, at most: further ones hardly move its weights."""
    return max(ALWAYS, VALUES // max(1, width))


@dataclass(frozen=True, slots=True)
class Drawn:
    """The rows that the linear model sees, by their numbers, and their features x [m, F]."""

    rows: np.ndarray
    x: np.ndarray


class Draw:
    """Rows as they come: all of them, or of very many as many by chance as memory is to hold."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng, self._share, self._seen = rng, 1.0, 0
        self._chances, self._rows = np.empty(0), np.empty(0, np.int64)  # of the rows that are kept
        self._x: np.ndarray | None = None  # their features, with room for more
        self._kept = 0

    def add(self, x: np.ndarray) -> None:
        chances, rows = self._rng.random(len(x)), np.arange(self._seen, self._seen + len(x))
        self._seen += len(x)
        most, stay = most_rows(x.shape[1]), chances < self._share
        self._put(chances[stay], rows[stay], x[stay] if not stay.all() else x)
        while self._kept > most:
            self._share *= 0.8
            self._keep(np.flatnonzero(self._chances < self._share))

    def _put(self, chances: np.ndarray, rows: np.ndarray, x: np.ndarray) -> None:
        end = self._kept + len(x)
        if self._x is None or end > len(self._x):
            room = np.empty((max(end, min(2 * end, most_rows(x.shape[1]) + len(x))), x.shape[1]), x.dtype)
            if self._x is not None:
                room[: self._kept] = self._x[: self._kept]
            self._x = room
        self._x[self._kept : end] = x
        self._chances, self._rows = np.concatenate([self._chances, chances]), np.concatenate([self._rows, rows])
        self._kept = end

    def _keep(self, places: np.ndarray) -> None:
        """Only the rows at these places, which rise: they move to the front, a portion at a time."""
        assert self._x is not None
        for start in range(0, len(places), _PORTION):
            part = places[start : start + _PORTION]
            self._x[start : start + len(part)] = self._x[part]
        self._chances, self._rows, self._kept = self._chances[places], self._rows[places], len(places)

    def done(self) -> Drawn:
        assert self._x is not None, "rows were added"
        return Drawn(self._rows, self._x[: self._kept])
