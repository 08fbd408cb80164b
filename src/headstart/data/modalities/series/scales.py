"""What is learned of series from their train steps: where values lie, how well the simplest forecast does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from headstart.core import contracts
from headstart.data.modalities.series.forms import Form
from headstart.data.modalities.series.prices import like_averages, like_prices
from headstart.data.modalities.series.season import period_of
from headstart.data.storage.gather import ragged_rows

_LEAST, _LOOK = 1e-9, 20  # deviation of numbers that do not move; series whose look is judged


@dataclass(frozen=True, slots=True)
class Scales:
    """Of every series, in the order of their numbers; a last line for series that were not there in training.

    mean, deviation  [S + 1, C] of each column
    naive            [S + 1] mean absolute error of a forecast without a model over train steps, such as repeating the
                     value of one period before (the scale of MASE, Hyndman and Koehler 2006)
    period           steps after which the series repeat, 1 where they do not
    prices           most of the series look like prices
    averages         most of the series look like returns of prices that are means over each step
    """

    mean: np.ndarray
    deviation: np.ndarray
    naive: np.ndarray
    period: int
    prices: bool = False
    averages: bool = False

    @classmethod
    def blank(cls, width: int) -> Scales:
        return cls(np.zeros((1, width)), np.ones((1, width)), np.ones(1), 1)

    def to_json(self) -> dict[str, Any]:
        return {"mean": self.mean.tolist(), "deviation": self.deviation.tolist(), "naive": self.naive.tolist(),
                "period": self.period, "prices": self.prices, "averages": self.averages}  # fmt: skip

    @classmethod
    def from_json(cls, fields: Mapping[str, Any], width: int) -> Scales:
        mean, deviation = (np.array(fields[name], np.float64).reshape(-1, width) for name in ("mean", "deviation"))
        return cls(mean, deviation, np.array(fields["naive"], np.float64), int(fields["period"]),
                   bool(fields.get("prices")), bool(fields.get("averages")))  # fmt: skip


def measured(
    chunks: Iterable[contracts.Columns], series: int, width: int, period: int | None, form: Form, ready: int
) -> Scales:
    """From stored stretches of train steps: of each of so many series, in the order of time. The last columns, so many
    as are `ready`, stay as they are."""
    steps: dict[int, list[np.ndarray]] = {}
    for chunk in chunks:
        for number, values in zip(chunk["series"].tolist(), ragged_rows(chunk, "x"), strict=True):
            steps.setdefault(number, []).append(values[:, :width])
    whole = {number: np.concatenate(values) for number, values in steps.items()}
    whole = {number: _with(values, form.measured(values[:, 0])) for number, values in whole.items()}
    looks = [(like_prices(values[:, 0]), like_averages(values[:, 0])) for values in islice(whole.values(), _LOOK)]
    prices, averages = (
        (2 * sum(column) > len(looks) for column in zip(*looks, strict=True)) if looks else (False, False)
    )
    found = period or period_of([values[:, 0] for values in whole.values()])
    mean, deviation = np.zeros((series + 1, width)), np.ones((series + 1, width))
    naive = np.ones(series + 1)
    for number, values in whole.items():
        known = np.where(np.isnan(values).all(0), 0.0, values)
        mean[number], spread = np.nanmean(known, 0), np.nanstd(known, 0)
        deviation[number] = np.where(spread > _LEAST * np.maximum(1, np.abs(mean[number])), spread, 1.0)
        mean[number, width - ready :] = 0.0
        naive[number] = form.naive(values[:, 0], found) or 1.0
    mean[-1], deviation[-1], naive[-1] = (
        np.median(one[:-1], 0) if series else one[-1] for one in (mean, deviation, naive)
    )
    return Scales(mean, deviation, naive, found, prices, averages)


def _with(values: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Values [T, C] with another first column."""
    return np.concatenate([first[:, None], values[:, 1:]], 1)
