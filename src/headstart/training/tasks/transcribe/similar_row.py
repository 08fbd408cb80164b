"""The baseline of transcribing: the transcript of the row that sounds most alike."""

from collections import Counter
from typing import Any, ClassVar

from headstart.core.contracts import Columns
from headstart.core.contracts.baseline import Baseline, Predictions
from headstart.core.contracts.types import IGNORED
from headstart.training.nearest_rows import nearest


class SimilarRow(Baseline):
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
