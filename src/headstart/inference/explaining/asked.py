"""One answer of a model as a number that can be asked again with parts of the row hidden."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from headstart.core.contracts import Batch
from headstart.core.contracts.answer import Aspect
from headstart.core.contracts.parts import Parts
from headstart.data.storage.gather import MemoryRows
from headstart.inference.explaining.answering import Answering
from headstart.inference.explaining.slopes import Way, way_of

_TOGETHER = 256  # variants that are made and answered together


@dataclass(eq=False)
class Asked:
    """What is explained: an aspect of the answer to one row, and the row's parts."""

    predictor: Answering
    parts: Parts
    aspect: Aspect
    _known: dict[bytes, float] = field(default_factory=dict, repr=False)

    @property
    def count(self) -> int:
        """P"""
        return len(self.parts.names)

    @property
    def full(self) -> float:
        """The number for the row as it is."""
        return float(self.values(np.ones((1, self.count), bool))[0])

    @property
    def empty(self) -> float:
        """The number where every part is hidden."""
        return float(self.values(np.zeros((1, self.count), bool))[0])

    def values(self, keep: np.ndarray) -> np.ndarray:
        """The number of each variant, keep [M, P] bool -> float64 [M]; what was asked before is remembered."""
        keys = [one.tobytes() for one in np.packbits(keep, 1)]
        fresh = list({key: place for place, key in enumerate(keys) if key not in self._known}.values())
        for start in range(0, len(fresh), _TOGETHER):
            some = fresh[start : start + _TOGETHER]
            answers = self.predictor.answers(self._rows(keep[some]), np.arange(len(some) * self.parts.draws))
            told = np.array([self.aspect.of(answer) for answer in answers]).reshape(len(some), -1).mean(1)
            self._known |= {keys[place]: float(value) for place, value in zip(some, told, strict=True)}
        return np.array([self._known[key] for key in keys], np.float64)

    def slopes(self) -> Way | None:
        """How the number changes with what the network reads; None where it has no slope."""
        return self._way

    @cached_property
    def _way(self) -> Way | None:
        return way_of(self)

    def of(self, predictor: Answering) -> Asked:
        """The same asked of another model."""
        return Asked(predictor, self.parts, self.aspect)

    def batch(self, keep: np.ndarray) -> Batch:
        """Variants as one batch, on the model's device."""
        return self.predictor.batch(self._rows(keep), np.arange(len(keep)))

    def _rows(self, keep: np.ndarray) -> MemoryRows:
        return MemoryRows(self.predictor.modality, self.parts.rows(keep))
