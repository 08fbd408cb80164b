"""Whether a map can be believed: parts are hidden in its order, and the network's weights are shuffled."""

from __future__ import annotations

from collections.abc import Sequence
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
        self._random = self._areas([rng.permutation(question.count) for _ in range(RANDOM)])

    def of(self, weights: np.ndarray) -> Faith:
        """How well a map [P] separates."""
        ((deletion, insertion),) = self._areas([np.argsort(-weights, kind="stable")])
        beats = int((insertion - deletion >= self._random[:, 1] - self._random[:, 0] - 1e-9).sum())
        lowest, span = self._question.empty, self._question.full - self._question.empty
        size = span if abs(span) > 1e-9 else 1.0
        return Faith(float(deletion - lowest) / size, float(insertion - lowest) / size, beats)

    def _areas(self, orders: Sequence[np.ndarray]) -> np.ndarray:
        """Means of the number where the first parts are hidden, and where they alone are shown, [orders, 2]."""
        question, steps = self._question, len(self._steps)
        if not steps:
            return np.tile([question.empty, question.full], (len(orders), 1))
        places = np.argsort(orders, axis=1)  # [orders, P]: when each part comes
        shown = (places[:, None] < self._steps[:, None]).reshape(-1, question.count)
        values = question.values(np.concatenate([~shown, shown])).reshape(2, len(orders), steps)
        return values.mean(2).T
