"""What is learned of series from their train steps: where values lie, how well the simplest forecast does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.core import contracts
from headstart.data.gaps import filled
from headstart.data.modalities.series.season import period_of
from headstart.data.storage.gather import ragged_rows

_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Scales:
    """Of every series, in the order of their numbers; a last line for series that were not there in training.

    mean, deviation  [S + 1, C] of each column
    naive            [S + 1] mean absolute error of repeating the value of one period before, over train steps (the
                     scale of MASE, Hyndman and Koehler 2006)
    period           steps after which the series repeat, 1 where they do not
    """

    mean: np.ndarray
    deviation: np.ndarray
    naive: np.ndarray
    period: int

    @classmethod
    def blank(cls, width: int) -> Scales:
        return cls(np.zeros((1, width)), np.ones((1, width)), np.ones(1), 1)

    def to_json(self) -> dict[str, Any]:
        return {"mean": self.mean.tolist(), "deviation": self.deviation.tolist(), "naive": self.naive.tolist(),
                "period": self.period}  # fmt: skip

    @classmethod
    def from_json(cls, fields: Mapping[str, Any], width: int) -> Scales:
        mean, deviation = (np.array(fields[name], np.float64).reshape(-1, width) for name in ("mean", "deviation"))
        return cls(mean, deviation, np.array(fields["naive"], np.float64), int(fields["period"]))


def measured(chunks: Iterable[contracts.Columns], series: int, width: int, period: int | None) -> Scales:
    """From stored stretches of train steps: of each of so many series, in the order of time."""
    steps: dict[int, list[np.ndarray]] = {}
    for chunk in chunks:
        for number, values in zip(chunk["series"].tolist(), ragged_rows(chunk, "x"), strict=True):
            steps.setdefault(number, []).append(values)
    whole = {number: np.concatenate(values) for number, values in steps.items()}
    found = period or period_of([values[:, 0] for values in whole.values()])
    mean, deviation = np.zeros((series + 1, width)), np.ones((series + 1, width))
    naive = np.ones(series + 1)
    for number, values in whole.items():
        known = np.where(np.isnan(values).all(0), 0.0, values)
        mean[number], spread = np.nanmean(known, 0), np.nanstd(known, 0)
        deviation[number] = np.where(spread > _LEAST * np.maximum(1, np.abs(mean[number])), spread, 1.0)
        naive[number] = _naive(filled(values[:, 0]), found)
    mean[-1], deviation[-1], naive[-1] = (
        np.median(one[:-1], 0) if series else one[-1] for one in (mean, deviation, naive)
    )
    return Scales(mean, deviation, naive, found)


def _naive(values: np.ndarray, period: int) -> float:
    lag = period if len(values) > 2 * period else 1
    error = float(np.abs(values[lag:] - values[:-lag]).mean()) if len(values) > lag else 0.0
    return error if error > 0 else 1.0
