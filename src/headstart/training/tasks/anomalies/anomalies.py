"""Anomalies in series: moments that a forecast from before them did not expect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
from annotated_types import Gt, Lt
from torch import Tensor

from headstart.core.contracts import Augment, Backbone, Batch, Example
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.probe import LinearFit
from headstart.core.contracts.ranges import Few
from headstart.training.heads import build_head, classics
from headstart.training.linear.baseline import LinearBaseline
from headstart.training.linear.ridge import fit_ridge
from headstart.training.over_series import LINEAR_WHY, SeriesProbe, SeriesTask, back, come, come_of
from headstart.training.tasks.anomalies.answer import AnomaliesAnswer
from headstart.training.tasks.anomalies.labelled import Labelled
from headstart.training.tasks.anomalies.surprise import SIGNS, Usual, measures, row_means, scores, usual, windows

Rate = Annotated[float, Gt(0), Lt(0.5)]
_AT_ONCE = 2048  # windows of a whole series


class _Probe(SeriesProbe):
    task: Anomalies
    behind = "series"

    def fit(self, features: np.ndarray, targets: np.ndarray, *, solver: str, seed: int) -> LinearFit:  # pyright: ignore[reportIncompatibleMethodOverride]
        known = np.isfinite(targets).all(1)
        rows, came, series = features[known].astype(np.float64), targets[known, :-1], targets[known, -1]
        mean = rows.mean(0)
        fit = fit_ridge(rows - mean, came.astype(np.float64))
        self.task.seen = [(came - fit.left_out, came, series.astype(np.int64))]
        bias = fit.bias - mean @ fit.weight
        return LinearFit(fit.weight.astype(np.float32), bias.astype(np.float32), {"penalty": fit.penalty})


class Anomalies(SeriesTask):
    """Name the moments of series that a forecast did not expect: odd values, shifts, flat lines, other periods.

    horizon      steps that are forecast from every moment ("auto": as is usual for such series)
    false_alarm  share of moments of series without anomalies that raise an alarm
    labels       column of the table that is 1 at moments that are anomalies, else 0: nothing is learned from it, and
                 scores say how well these are found (see `labelled.py`)

    A linear map forecasts the steps to come. Three signs are measured at every moment: how far the next value is off,
    how far the whole horizon is off, and how little moves in it; each in what is usual for the series. Thresholds come
    from rows that were left out of the fit, and from valid rows. A score above 1 is an alarm, and new series are
    answered by their stretches of alarms. No labels are needed.
    """

    modality: ClassVar[str] = "series"
    probe = _Probe
    baseline = LinearBaseline
    classics: ClassVar[Mapping[str, Mapping[str, Any]]] = classics("linear")

    def __init__(
        self, backbone: Backbone, sample: Batch, augment: Augment, *, horizon: Few = 0, false_alarm: Rate = 0.005,
        labels: str = "",
    ) -> None:  # fmt: skip
        super().__init__(backbone, sample, augment, horizon)
        self.rate = false_alarm
        self.seen: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []  # errors, what came, and whose, left out
        self.answer = AnomaliesAnswer(self.reach, self.series.grid, self.series.time_name)
        self.head = build_head(backbone, sample, augment, self.steps, hidden=0, dropout=0.0)
        self.register_buffer("errors", torch.ones(len(self.series.names) + 1, len(SIGNS), dtype=torch.float64))
        self.register_buffer("thresholds", torch.full((len(SIGNS),), float("inf"), dtype=torch.float64))
        self.errors: Tensor
        self.thresholds: Tensor

    @classmethod
    def form(cls, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"asked": "all", **super().form(settings)}

    @classmethod
    def marks(cls, settings: Mapping[str, Any]) -> str | None:
        return str(settings["labels"]) if settings.get("labels") else None

    @classmethod
    def network(cls, about: Circumstances) -> Choice | None:
        return Choice("linear", LINEAR_WHY)

    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        return self.features(backbone, batch), come_of(batch, "series")

    def features(self, backbone: Backbone, batch: Batch) -> Tensor:
        return backbone.summary(backbone(self.augment(batch)))

    def said(self, features: Tensor) -> Tensor:
        return self.head(features).float()

    def outputs(self, backbone: Backbone, batch: Batch) -> Tensor:
        return self.said(self.features(backbone, batch))

    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        if "whole" in batch:
            return [self._whole(backbone, batch, row) for row in range(len(batch["whole"]))]
        return self.told(self.outputs(backbone, batch), batch)

    def told(self, outputs: Tensor, batch: Batch) -> list[dict[str, Any]]:
        """Outputs of the head [B, H] -> an answer for each moment."""
        came = come(batch)
        score, off, peak = self._judged(outputs, came, batch["series"])
        values = back(self.series.form, outputs, batch)["forecast"].tolist()
        columns = zip(batch["at"].tolist(), score.tolist(), peak.tolist(), off.tolist(), values, strict=True)
        return [{"at": at, "score": one, "alarm": one > 1, "peak": step, "error": error, "forecast": forecast}
                for at, one, step, error, forecast in columns]  # fmt: skip

    def _judged(self, said: Tensor, came: Tensor, series: Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Score of each row [n], its mean squared error [n], and the step at which it is off most [n]."""
        there = came.double().cpu().numpy()
        errors = there - said.double().cpu().numpy()
        known = Usual(self.errors.cpu().numpy(), self.thresholds.cpu().numpy())
        numbers = np.minimum(series.cpu().numpy(), len(known.errors) - 1)
        sizes = np.abs(np.nan_to_num(errors))
        squares = np.square(sizes).sum(1) / np.maximum(np.isfinite(errors).sum(1), 1)
        return scores(measures(errors, there), numbers, known), squares, sizes.argmax(1)

    def _whole(self, backbone: Backbone, batch: Batch, row: int) -> dict[str, Any]:
        """The stretches of alarms of one series."""
        before, after, length = self.reach, self.series.after, int(batch["lengths"][row])
        values = batch["whole"][row, :length].cpu().numpy()
        padded = np.concatenate([np.full((before, values.shape[1]), np.nan), values,
                                 np.full((after, values.shape[1]), np.nan)])  # fmt: skip
        places = np.arange(min(before, max(1, length // 4)), length)
        reach = np.arange(before + after)
        every, peaks = list[np.ndarray](), list[np.ndarray]()
        for some in np.array_split(places, max(1, -(-len(places) // _AT_ONCE))) if len(places) else ():
            count = np.full(len(some), int(batch["series"][row]))
            columns = {
                "x": padded[some[:, None] + reach],
                "series": count,
                "place": some,
                "at": some.astype(np.float64),
            }
            cut = {name: tensor.to(batch["whole"].device) for name, tensor in self.series.collate(columns).items()}
            score, _, peak = self._judged(self.outputs(backbone, cut), come(cut), cut["series"])
            every.append(score)
            peaks.append(peak)
        score = np.concatenate(every) if every else np.zeros(0)
        peak = np.concatenate(peaks) if peaks else np.zeros(0, np.int64)
        found = windows(score, places, peak, max(2, after))
        return {"at": float(batch["at"][row]), "score": float(score.max(initial=0.0)), "anomalies": found}

    def bound(self, backbone: Backbone, batches: Iterable[Batch]) -> None:
        """What is usual, from rows left out of the fit and from valid rows."""
        parts = list(self.seen)
        for said, one in self.heard(backbone, batches):
            came = come(one).double().cpu().numpy()
            whole = np.isfinite(came).all(1)
            errors = came - said.double().cpu().numpy()
            parts.append((errors[whole], came[whole], one["series"].cpu().numpy()[whole]))
        if not sum(len(one) for one, _, _ in parts):
            return
        found = np.concatenate([measures(errors, came) for errors, came, _ in parts])
        series = np.minimum(np.concatenate([numbers for _, _, numbers in parts]), len(self.errors) - 1)
        known = usual(found, series, len(self.errors) - 1, self.rate)
        self.errors.copy_(torch.from_numpy(known.errors))
        self.thresholds.copy_(torch.from_numpy(known.thresholds))
        told = f"alarms are raised at {self.rate:.3g} of the moments of series without anomalies"
        self.settled = (f"{told}, as {len(found):,} rows that were not learned from say",)

    def row_means(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, np.ndarray]:
        return row_means(answers)

    def scorer(
        self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]
    ) -> Callable[[np.ndarray], dict[str, float]]:
        means = super().scorer(answers, examples)
        known = Labelled.of(answers, examples, self.reach, self.series.width)
        return means if known is None else lambda rows: means(rows) | known.scores(rows)
