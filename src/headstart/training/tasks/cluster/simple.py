"""The simple model that clusters have to beat: k-means on the raw input."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from headstart.core.contracts import Columns, Plain
from headstart.core.contracts.baseline import Baseline, Predictions
from headstart.training.clustering.found import squares
from headstart.training.clustering.methods import k_means
from headstart.training.clustering.space import AXES

_UNKNOWN = 10  # clusters where the task has found none yet


class PlainKMeans(Baseline):
    """As many clusters by k-means on 50 axes of the raw input: pixels, word counts, statistics of sounds."""

    name: ClassVar[str] = "k-means on the raw input"
    blindly: ClassVar[str] = "one cluster for every row"
    task: Any

    def predict(self, asked: Columns, rows: int) -> Predictions:
        seen, other = shortened(*self.modality.baseline_features(self.learned, asked), self.seed)
        head = self.task.head
        count = min(head.count if sum(head.counted) else _UNKNOWN, len(seen))
        centres = k_means(seen, count, self.seed)
        apart = np.sqrt(squares(other, centres))
        own = apart.min(1)
        rest = np.partition(apart, 1, 1)[:, 1] if count > 1 else own
        inside = (rest - own) / np.maximum(rest, 1e-12)
        answers: list[dict[str, Any]] = [
            {"cluster": number, "share": 1.0, "distance": distance, "silhouette": silhouette}
            for number, distance, silhouette in zip(
                apart.argmin(1).tolist(), own.tolist(), inside.tolist(), strict=True
            )
        ]
        return Predictions(answers, {"clusters": float(count)})

    def blind(self, asked: Columns, rows: int) -> Predictions:
        return Predictions([{"cluster": 0, "share": 1.0, "distance": 1.0, "silhouette": 0.0}] * rows, {})


def shortened(seen: Plain, other: Plain, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows on the 50 main axes of those that were learned; as they are if they have no more numbers."""
    from sklearn.decomposition import TruncatedSVD

    width, rows = seen.shape[1], seen.shape[0]  # pyright: ignore[reportOptionalSubscript]
    if width <= AXES and isinstance(seen, np.ndarray):
        return seen.astype(np.float64), np.asarray(other, np.float64)
    made = TruncatedSVD(min(AXES, width - 1, rows - 1), random_state=seed).fit(seen)
    return made.transform(seen), made.transform(other)
