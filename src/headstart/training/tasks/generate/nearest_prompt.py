"""The baseline of writing: the answer of the nearest prompt."""

from collections import Counter
from typing import Any, ClassVar

import numpy as np

from headstart.core.contracts import Columns, Plain
from headstart.core.contracts.baseline import Baseline, Predictions
from headstart.core.contracts.types import IGNORED

_TOGETHER = 1000  # rows compared at once


class NearestPrompt(Baseline):
    """The answer of the known prompt that is nearest by its words; blind: the most frequent answer."""

    name: ClassVar[str] = "the answer of the nearest known prompt"
    task: Any  # Generate, which names this class

    def predict(self, asked: Columns, rows: int) -> Predictions:
        known = self._answers()
        common = _most_frequent(known)
        places = nearest(*self.modality.baseline_features(self.learned, asked))
        return Predictions([known[place] if place >= 0 else common for place in places.tolist()], {})

    def blind(self, asked: Columns, rows: int) -> Predictions:
        return Predictions([_most_frequent(self._answers())] * rows, {})

    def _answers(self) -> list[dict[str, Any]]:
        return [self.task.decode(row[row != IGNORED].tolist()) for row in self.targets["y"]]


def _most_frequent(known: list[dict[str, Any]]) -> dict[str, Any]:
    return {"text": Counter(answer["text"] for answer in known).most_common(1)[0][0]}


def nearest(learned: Plain, asked: Plain) -> np.ndarray:
    """Number of the learned row [n, F] with the largest product with each asked one [m, F], [m]; -1: none above 0."""
    from scipy.sparse import csr_matrix

    known, rows = csr_matrix(csr_matrix(learned).T), csr_matrix(asked)
    found = np.full(rows.get_shape()[0], -1)
    for start in range(0, len(found), _TOGETHER):
        products = csr_matrix(rows[start : start + _TOGETHER] @ known)
        best = np.asarray(products.argmax(1)).reshape(-1)
        found[start : start + _TOGETHER] = np.where(products.max(1).toarray().reshape(-1) > 0, best, -1)
    return found
