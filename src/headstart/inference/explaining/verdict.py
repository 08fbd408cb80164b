"""Whether a map can be believed: parts are hidden in its order, and the network's weights are shuffled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headstart.core.contracts.explainer import Question
from headstart.inference.explaining.explanation import RANDOM

_PLACES = 10  # numbers of hidden parts that are asked


@dataclass(frozen=True, slots=True)
class Faith:
    """How an answer falls where parts are hidden in the order of a map, and rises where they are shown in it.

    deletion, insertion  means of the number over the way, as shares: 0 is what the hidden row gets, 1 the row
    beats     random maps, of 20, whose difference of insertion and deletion is not larger
    """

    deletion: float
    insertion: float
    beats: int

    @property
    def gap(self) -> float:
        return self.insertion - self.deletion


class Scale:
    """Random maps of one question, and the measure of a map beside them."""

    def __init__(self, question: Question, rng: np.random.Generator) -> None:
        self._question = question
        self._steps = np.unique(np.linspace(0, question.count, _PLACES + 1).round().astype(int))[1:-1]
        self._random = [self._areas(rng.permutation(question.count)) for _ in range(RANDOM)]

    def of(self, weights: np.ndarray) -> Faith:
        deletion, insertion = self._areas(np.argsort(-weights, kind="stable"))
        own = insertion - deletion
        beats = sum(own >= kept - gone - 1e-9 for gone, kept in self._random)
        span = self._question.full - self._question.empty
        lowest, size = self._question.empty, span if abs(span) > 1e-9 else 1.0
        return Faith((deletion - lowest) / size, (insertion - lowest) / size, beats)

    def _areas(self, order: np.ndarray) -> tuple[float, float]:
        """Means of the number where the first parts are hidden, and where they alone are shown."""
        if not len(self._steps):
            return self._question.empty, self._question.full
        place = np.empty(len(order), int)
        place[order] = np.arange(len(order))
        shown = place < self._steps[:, None]
        values = self._question.values(np.concatenate([~shown, shown]))
        half = len(shown)
        return float(values[:half].mean()), float(values[half:].mean())
