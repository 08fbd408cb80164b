"""The baseline of transcribing: the transcript of the row that sounds most alike."""

from collections import Counter
from typing import Any, ClassVar

import numpy as np

from headstart.core.contracts import Columns, Plain
from headstart.core.contracts.baseline import Baseline, Predictions
from headstart.core.contracts.types import IGNORED

_TOGETHER = 1000  # rows compared at once


class NearestSound(Baseline):
    """The transcript of the known row whose features are nearest; blind: the most frequent transcript."""

    name: ClassVar[str] = "the transcript of the most similar known row"
    task: Any  # Transcribe, which names this class

    def predict(self, asked: Columns, rows: int) -> Predictions:
        known = self._texts()
        places = nearest(*self.modality.baseline_features(self.learned, asked))
        return Predictions([self.task.plain(known[place]) for place in places.tolist()], {})

    def blind(self, asked: Columns, rows: int) -> Predictions:
        common = Counter(self._texts()).most_common(1)[0][0]
        return Predictions([self.task.plain(common) for _ in range(rows)], {})

    def _texts(self) -> list[str]:
        return [self.task.spelled(row[row != IGNORED].tolist()) for row in self.targets["y"]]


def nearest(learned: Plain, asked: Plain) -> np.ndarray:
    """Of each asked row [n, F] the nearest of those that were learned, each feature in units of its deviation there."""
    known, others = _dense(learned), _dense(asked)
    mean, deviation = known.mean(0), known.std(0)
    deviation[deviation == 0] = 1.0
    known, others = (known - mean) / deviation, (others - mean) / deviation
    squares = np.square(known).sum(1)
    parts = np.array_split(others, max(1, -(-len(others) // _TOGETHER)))
    return np.concatenate([(squares - 2 * part @ known.T).argmin(1) for part in parts])


def _dense(rows: Plain) -> np.ndarray:
    found = rows if isinstance(rows, np.ndarray) else rows.toarray()
    return np.asarray(found, np.float32)
