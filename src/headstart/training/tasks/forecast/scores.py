"""How good forecasts are: errors of every row, from which all scores are means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.core.contracts import Example
from headstart.core.contracts.metric import Metric, negative
from headstart.data.gaps import filled
from headstart.training.over_series import SeriesModality

LAST, SEASONAL, MEAN, DRIFT = "last_value", "seasonal_naive", "window_mean", "mean_return"
METRICS = (
    Metric("mse", lower_is_better=True, from_rows=negative),
    Metric("mae", lower_is_better=True, from_rows=negative),
    Metric("mase", lower_is_better=True, from_rows=negative),
    Metric("wql", lower_is_better=True, from_rows=negative),
    Metric("coverage", fraction=True),
    Metric("width", lower_is_better=True, from_rows=negative),
    *(Metric(f"{name}_{error}", lower_is_better=True, from_rows=negative) for name in (LAST, SEASONAL, MEAN, DRIFT)
      for error in ("mse", "mae")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Came:
    """What came after windows, and what forecasts without a model had said; numbers as the form of the series has them.

    last    [n] the last value of each window
    truth   [n, H], NaN where it was not measured
    unit    [n] deviations of train steps
    naive   [n] mean absolute errors of a forecast without a model on train steps
    simple  [n, H] each, by name
    """

    last: np.ndarray
    truth: np.ndarray
    unit: np.ndarray
    naive: np.ndarray
    simple: Mapping[str, np.ndarray]


def came(examples: Sequence[Example], series: SeriesModality, reach: int) -> Came:
    """Of scored rows; `reach` steps lie before what came."""
    scales, form = series.scales, series.form
    windows = np.stack([example["row"]["x"][:, 0] for example in examples])  # [n, L + H]
    numbers = np.minimum([int(example["row"]["series"]) for example in examples], len(scales.naive) - 1)
    past, steps = filled(windows[:, :reach].T).T, windows.shape[1] - reach
    last, read = past[:, -1], form.read(past)
    length = read.shape[1]
    simple = {LAST: np.zeros((len(read), steps)), SEASONAL: read @ form.of_last_period(length, scales.period, steps),
              MEAN: read @ form.of_mean(length, steps)}  # fmt: skip
    drift = form.of_drift(steps)
    if drift is not None:
        simple[DRIFT] = scales.mean[numbers, :1] * drift
    truth = form.apart(windows[:, reach:], last)
    return Came(last, truth, scales.deviation[numbers, 0], scales.naive[numbers], simple)


def row_means(
    answers: Sequence[Mapping[str, Any]], examples: Sequence[Example], series: SeriesModality, reach: int, level: float
) -> dict[str, np.ndarray]:
    """The scores of every row, [n] each, larger is better: errors with a minus, as means over the steps that were
    measured.

    mse, mae in deviations of each series over train steps; mase in errors of its naive forecast there; wql is twice the
    quantile loss of the ends of the bands and of the middle, in the same deviations; coverage is the share of steps in
    the band, and width how wide it is. Of returns all of these are of the log return since the last price, divided by
    the root of the number of steps.
    """
    there = came(examples, series, reach)
    truth, unit = there.truth, there.unit[:, None]

    def apart(name: str) -> np.ndarray:
        return series.form.apart(np.array([answer[name] for answer in answers]), there.last)

    said = apart("forecast")
    error = (said - truth) / unit
    found = {"mse": -_mean(error**2), "mae": -_mean(np.abs(error))}
    found["mase"] = -_mean(np.abs(said - truth) / there.naive[:, None])
    if answers and "low" in answers[0]:
        low, high = apart("low"), apart("high")
        tail = (1 - level) / 2
        losses = [_pinball((truth - one) / unit, at) for one, at in ((low, tail), (said, 0.5), (high, 1 - tail))]
        found["wql"] = -_mean(2 * np.mean(losses, 0))
        inside = np.where(np.isnan(truth), np.nan, (truth >= low) & (truth <= high))
        found |= {"coverage": _mean(inside), "width": -_mean((high - low) / unit + 0 * truth)}
    for name, plain in there.simple.items():
        off = (plain - truth) / unit
        found |= {f"{name}_mse": -_mean(off**2), f"{name}_mae": -_mean(np.abs(off))}
    return found


def _mean(values: np.ndarray) -> np.ndarray:
    """Over the steps that were measured; 0 where none was."""
    known = ~np.isnan(values)
    return np.where(known, values, 0).sum(1) / np.maximum(known.sum(1), 1)


def _pinball(off: np.ndarray, at: float) -> np.ndarray:
    """Quantile loss of truth minus forecast (Koenker and Bassett 1978)."""
    return np.maximum(at * off, (at - 1) * off)
