"""The baseline of events: those of the row that sounds most alike."""

from collections import Counter
from typing import Any, ClassVar

from headstart.core.contracts import Columns
from headstart.core.contracts.baseline import Baseline, Predictions
from headstart.training.nearest_rows import nearest


class SimilarRecording(Baseline):
    """The events of the known row whose features are nearest; blind: the most frequent events of a row."""

    name: ClassVar[str] = "the events of the most similar known row"
    task: Any  # Events, which names this class

    def predict(self, asked: Columns, rows: int) -> Predictions:
        known = [self.task.told(row) for row in self.targets["y"]]
        places = nearest(*self.modality.baseline_features(self.learned, asked))
        return Predictions([known[place] for place in places.tolist()], {})

    def blind(self, asked: Columns, rows: int) -> Predictions:
        rows_of = Counter(row.tobytes() for row in self.targets["y"])
        common = max(rows_of, key=lambda one: rows_of[one])
        answer = next(self.task.told(row) for row in self.targets["y"] if row.tobytes() == common)
        return Predictions([answer] * rows, {})
