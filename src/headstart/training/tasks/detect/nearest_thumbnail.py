"""The baseline of detection: the boxes of the training picture that looks most alike at a glance."""

from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from headstart.core.contracts import Columns
from headstart.core.contracts.baseline import Baseline, Predictions

_SIDE = 16  # pixels of a thumbnail
_ROWS = 1024  # pictures made small together


class NearestThumbnail(Baseline):
    """The boxes of the training picture with the most similar thumbnail; blind: of one with a usual number of boxes."""

    name: ClassVar[str] = "the boxes of the training picture that looks most alike"
    task: Any  # Detect, which names this class

    def predict(self, asked: Columns, rows: int) -> Predictions:
        return self._boxes_of(nearest(self.learned["x"], asked["x"]), asked)

    def blind(self, asked: Columns, rows: int) -> Predictions:
        counts = (self.targets["y"] >= 0).sum(1)
        return self._boxes_of(np.full(rows, np.abs(counts - np.median(counts)).argmin()), asked)

    def _boxes_of(self, like: np.ndarray, asked: Columns) -> Predictions:
        """The boxes of these training pictures, as answers for the asked ones."""
        boxes, kinds = self.targets["boxes"], self.targets["y"]
        sizes = asked["size"].tolist() if "size" in asked else [self.task.picture] * len(like)
        answers = []
        for row, (height, width) in zip(like.tolist(), sizes, strict=True):
            seen = kinds[row] >= 0
            answers.append(self.task.placed(boxes[row][seen], kinds[row][seen], None, (height, width)))
        return Predictions(answers, {})


def nearest(learned: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """For each asked picture the learned one with the most similar grey thumbnail, by correlation: int64 [n].

    learned [m, C, H, W], asked [n, C, H, W].
    """
    known = _thumbnails(learned)
    return torch.cat([(part @ known.T).argmax(1) for part in _thumbnails(asked).split(_ROWS)]).numpy()


def _thumbnails(pictures: np.ndarray) -> Tensor:
    """Grey, 16 x 16, with mean 0 and length 1: [n, 256]."""
    parts = [torch.from_numpy(pictures[start : start + _ROWS]) for start in range(0, len(pictures), _ROWS)]
    small = torch.cat([functional.adaptive_avg_pool2d(part.float().mean(1), _SIDE) for part in parts]).flatten(1)
    return functional.normalize(small - small.mean(1, keepdim=True), dim=1)
