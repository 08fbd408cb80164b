"""Rows of dense numbers for a linear model: all of them, or of very many as many by chance as memory is to hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ALWAYS = 100_000  # rows that are never too many
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
        self._kept = list[tuple[np.ndarray, np.ndarray, np.ndarray]]()  # chances, numbers and features of rows

    def add(self, x: np.ndarray) -> None:
        chances, rows = self._rng.random(len(x)), np.arange(self._seen, self._seen + len(x))
        self._seen += len(x)
        self._keep([*self._kept, (chances, rows, x)])
        while sum(len(one) for one, *_ in self._kept) > most_rows(x.shape[1]):
            self._share *= 0.8
            self._keep(self._kept)

    def _keep(self, parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> None:
        stay = [chances < self._share for chances, *_ in parts]
        self._kept = [(a, b, c) if one.all() else (a[one], b[one], c[one])
                      for one, (a, b, c) in zip(stay, parts, strict=True)]  # fmt: skip

    def done(self) -> Drawn:
        rows, x = (np.concatenate([part[place] for part in self._kept]) for place in (1, 2))
        return Drawn(rows, x)
