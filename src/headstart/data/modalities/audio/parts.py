"""Sounds in stretches of time, which are silenced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart.core.contracts.look import Look
from headstart.core.contracts.parts import Divides, Parts, Where
from headstart.data.time_parts import painted

if TYPE_CHECKING:
    from headstart.core.contracts.types import Columns, Row

_STRETCHES, _SHORTEST = 48, 80  # samples: 5 ms at 16 kHz
_COLUMNS = 480


class SoundParts(Parts):
    """Samples x [S] between `ends`."""

    hidden = "silence"

    def __init__(self, row: Row, ends: np.ndarray, rate: float) -> None:
        self._row, self._ends = row, ends
        pairs = list(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True))
        self.where = [Where(begin, end) for begin, end in pairs]
        self.names = [f"{begin / rate:.2f}-{end / rate:.2f} s" for begin, end in pairs]
        self.shape = (len(pairs),)

    def rows(self, keep: np.ndarray) -> list[Columns]:
        lengths = np.diff(self._ends)
        return [{**self._row, "x": self._row["x"] * np.repeat(one, lengths)} for one in keep]

    def look(self, weights: np.ndarray) -> Look:
        values = np.repeat(weights, np.diff(self._ends))
        few = np.linspace(0, len(values) - 1, min(_COLUMNS, len(values))).astype(int)
        return Look(picture=painted(self._row["x"][few].astype(np.float64)[None], values[few][None]))


class Divided(Divides):
    """How sounds are cut: into stretches of one length."""

    units: Sequence[str] = ("stretches",)

    def cut(self, modality: Any, row: Row, unit: str, most: int) -> SoundParts:
        samples = len(row["x"])
        count = max(1, min(most, _STRETCHES, samples // _SHORTEST))
        return SoundParts(row, np.linspace(0, samples, count + 1).round().astype(int), modality.audible.rate)
