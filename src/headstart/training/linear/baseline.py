"""The baseline of most tasks: their linear probe on the raw input."""

from typing import ClassVar

import numpy as np
import torch

from headstart.core.contracts import Columns, Plain, Task
from headstart.core.contracts.baseline import Baseline, Predictions


class LinearBaseline(Baseline):
    """A linear model on raw pixels, word counts, or whatever the modality and the task's probe say."""

    name: ClassVar[str] = "a linear model on the raw input"
    task: Task

    def predict(self, asked: Columns, rows: int) -> Predictions:
        return self._fitted(*self.task.linear_probe().features(self.modality, self.learned, asked), asked)

    def blind(self, asked: Columns, rows: int) -> Predictions:
        counts = len(self._truth()), self.task.linear_probe().count(self.modality, asked, rows)
        learned, test = (np.zeros((count, 1), np.float32) for count in counts)
        return self._fitted(learned, test, asked)

    def _truth(self) -> np.ndarray:
        return self.task.linear_probe().decisions(self.modality, self.learned, self.targets)

    def _fitted(self, learned: Plain, asked: Plain, columns: Columns) -> Predictions:
        probe = self.task.linear_probe()
        solver = "logistic" if isinstance(learned, np.ndarray) else "auto"
        fit = probe.fit(learned, self._truth(), solver=solver, seed=self.seed)
        outputs = torch.from_numpy(asked @ fit.weight + fit.bias)
        return Predictions(probe.regroup(outputs, self.modality, columns), fit.chosen)
