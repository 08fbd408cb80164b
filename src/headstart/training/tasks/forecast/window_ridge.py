"""The model without a network that forecasts have to beat: ridge regression on the window."""

from __future__ import annotations

from typing import ClassVar

import torch

from headstart.core.contracts import Columns
from headstart.core.contracts.baseline import Baseline, Predictions
from headstart.training.over_series import come
from headstart.training.tasks.forecast.ridge import fit_windows


class WindowRidge(Baseline):
    """A linear map from the values of the window; blindly, the last value is repeated."""

    name: ClassVar[str] = "ridge regression on the window"
    blindly: ClassVar[str] = "the last value, repeated"

    def predict(self, asked: Columns, rows: int) -> Predictions:
        learned, features = self.modality.baseline_features(self.learned, asked)
        batch = self.modality.collate(self.learned)
        fit = fit_windows(learned, come(batch).numpy(), batch["at"].numpy(), self.task.lags).linear  # pyright: ignore[reportArgumentType]
        outputs = torch.from_numpy(features @ fit.weight + fit.bias)
        return Predictions(self.task.values(outputs, self.modality.collate(asked)), fit.chosen)

    def blind(self, asked: Columns, rows: int) -> Predictions:
        batch = self.modality.collate(asked)
        return Predictions(self.task.values(torch.zeros_like(batch["y"]), batch), {})
