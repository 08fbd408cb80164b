"""The model without a network that forecasts have to beat: ridge regression on the window."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from headstart.core.contracts import Batch, Columns
from headstart.core.contracts.baseline import Baseline, Predictions
from headstart.training.tasks.forecast.ridge import fit_windows


def come(batch: Batch) -> Tensor:
    """What came after each window [B, H]; NaN where it was not measured."""
    return batch["y"].masked_fill(~batch["known"], float("nan"))


def dated(batch: Batch) -> Tensor:
    """The same with the moment of each row behind it [B, H + 1], as penalties are chosen on rows that come later."""
    return torch.cat([come(batch), batch["at"].to(batch["y"].dtype)[:, None]], 1)


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
