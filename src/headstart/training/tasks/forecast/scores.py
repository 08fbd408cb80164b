"""How good forecasts are: errors of every row, from which all scores are means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from headstart.core.contracts import Example
from headstart.core.contracts.metric import Metric, negative
from headstart.training.over_series import Scales

LAST, SEASONAL, MEAN = "last_value", "seasonal_naive", "window_mean"
METRICS = (
    Metric("mse", lower_is_better=True, from_rows=negative),
    Metric("mae", lower_is_better=True, from_rows=negative),
    Metric("mase", lower_is_better=True, from_rows=negative),
    Metric("wql", lower_is_better=True, from_rows=negative),
    Metric("coverage", fraction=True),
    Metric("width", lower_is_better=True, from_rows=negative),
    *(Metric(f"{name}_{error}", lower_is_better=True, from_rows=negative) for name in (LAST, SEASONAL, MEAN)
      for error in ("mse", "mae")),
)  # fmt: skip


def row_means(
    answers: Sequence[Mapping[str, Any]], examples: Sequence[Example], scales: Scales, before: int, level: float
) -> dict[str, np.ndarray]:
    """The scores of every row, [n] each, larger is better: errors with a minus, as means over the steps that were
    measured.

    mse, mae in deviations of each series over train steps; mase in errors of its naive forecast there; wql is twice the
    quantile loss of the ends of the bands and of the middle, in the same deviations; coverage is the share of steps in
    the band, and width how wide it is.
    """
    windows = np.stack([example["row"]["x"][:, 0] for example in examples])  # [n, L + H]
    series = np.minimum([int(example["row"]["series"]) for example in examples], len(scales.naive) - 1)
    unit = scales.deviation[series, 0][:, None]
    past, truth = windows[:, :before], windows[:, before:]
    said = np.array([answer["forecast"] for answer in answers])
    error = (said - truth) / unit
    found = {"mse": -_mean(error**2), "mae": -_mean(np.abs(error))}
    found["mase"] = -_mean(np.abs(said - truth) / scales.naive[series][:, None])
    if answers and "low" in answers[0]:
        low, high = (np.array([answer[end] for answer in answers]) for end in ("low", "high"))
        tail = (1 - level) / 2
        losses = [_pinball((truth - one) / unit, at) for one, at in ((low, tail), (said, 0.5), (high, 1 - tail))]
        found["wql"] = -_mean(2 * np.mean(losses, 0))
        inside = np.where(np.isnan(truth), np.nan, (truth >= low) & (truth <= high))
        found |= {"coverage": _mean(inside), "width": -_mean((high - low) / unit + 0 * truth)}
    plain = {LAST: repeated(past, 1, truth.shape[1]), SEASONAL: repeated(past, scales.period, truth.shape[1])}
    plain[MEAN] = _mean(past)[:, None]
    for name, said in plain.items():
        off = (said - truth) / unit
        found |= {f"{name}_mse": -_mean(off**2), f"{name}_mae": -_mean(np.abs(off))}
    return found


def repeated(past: np.ndarray, period: int, steps: int) -> np.ndarray:
    """The last period again and again: past [n, L] -> [n, steps]. Gaps are filled from before them."""
    period = min(period, past.shape[1])
    known = ~np.isnan(past)
    places = np.maximum.accumulate(np.where(known, np.arange(past.shape[1]), 0), 1)
    last = np.take_along_axis(past, places, 1)
    last = np.where(np.isnan(last), np.take_along_axis(past, known.argmax(1)[:, None], 1), last)
    return last[:, past.shape[1] - period + np.arange(steps) % period]


def _mean(values: np.ndarray) -> np.ndarray:
    """Over the steps that were measured; 0 where none was."""
    known = ~np.isnan(values)
    return np.where(known, values, 0).sum(1) / np.maximum(known.sum(1), 1)


def _pinball(off: np.ndarray, at: float) -> np.ndarray:
    """Quantile loss of truth minus forecast (Koenker and Bassett 1978)."""
    return np.maximum(at * off, (at - 1) * off)
