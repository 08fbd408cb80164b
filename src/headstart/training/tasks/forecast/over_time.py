"""Forecasts in order of time: losses of each moment beside those of forecasts without a model, and positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from headstart.core.contracts import Example
from headstart.core.contracts.over_time import OverTime, Trades
from headstart.training.over_series import SeriesModality
from headstart.training.tasks.forecast.scores import DRIFT, LAST, MEAN, SEASONAL, Came, came

Positions = Literal["none", "long-flat", "long-short"]
NAMES = {LAST: "the last value", SEASONAL: "the last period", MEAN: "the mean of the window", DRIFT: "the mean return"}
SHORTEST: Mapping[str, float] = {"long-flat": 0.0, "long-short": -1.0}
_FEWEST, _PARTS = 4, 5  # periods of a test part; parts of one whose moments are no dates
_YEAR = 365.25 * 86_400  # seconds
_POINT = 1e-4


def over_time(
    answers: Sequence[Mapping[str, Any]], examples: Sequence[Example], series: SeriesModality, reach: int,
    positions: Positions, cost: float,
) -> OverTime:  # fmt: skip
    """Losses of a moment are means over its series."""
    there = came(examples, series, reach)
    at = np.array([float(example["row"]["at"]) for example in examples])
    moments, places = np.unique(at, return_inverse=True)
    said = series.form.apart(np.array([answer["forecast"] for answer in answers]), there.last)
    forecasts = {"the model": said, **{NAMES[name]: plain for name, plain in there.simple.items()}}
    losses = {who: _by_moment(np.square((one - there.truth) / there.unit[:, None]), places)
              for who, one in forecasts.items()}  # fmt: skip
    texts = [series.grid.text(moment) for moment in moments.tolist()]
    dated = all(isinstance(one, str) for one in texts)
    periods = _periods([str(one) for one in texts]) if dated else _parts(len(moments))
    trades = None
    if positions != "none":
        yearly = (len(moments) - 1) * _YEAR / (moments[-1] - moments[0]) if dated and len(moments) > 1 else 1.0
        numbers = np.array([int(example["row"]["series"]) for example in examples])
        trades = _trades(said[:, 0], there, places, numbers, positions, cost, periods, yearly)
    return OverTime(of_rows=[periods[place] for place in places], periods=periods, span=said.shape[1], metric="mse",
                    losses=losses, trades=trades)  # fmt: skip


def _by_moment(squares: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Squared errors [rows, H], NaN where nothing was measured -> the mean of each moment [n]."""
    known = np.isfinite(squares)
    sums, counts = (np.bincount(places, one) for one in (np.where(known, squares, 0).sum(1), known.sum(1)))
    return sums / np.maximum(counts, 1)


def _trades(
    said: np.ndarray, there: Came, places: np.ndarray, numbers: np.ndarray, positions: Positions, cost: float,
    periods: Sequence[str], yearly: float,
) -> Trades:  # fmt: skip
    """By the sign of the forecast of the next step [rows]; the capital is spread evenly over the series of a moment."""
    made = np.nan_to_num(np.expm1(there.truth[:, 0]))  # simple returns; the first step has a root of 1
    held = np.where(said > 0, 1.0, SHORTEST[positions])
    turned, bought = np.zeros(len(said)), np.zeros(len(said))
    for number in np.unique(numbers):
        rows = np.flatnonzero(numbers == number)
        rows = rows[np.argsort(places[rows], kind="stable")]
        turned[rows] = np.abs(np.diff(held[rows], prepend=0.0))
        bought[rows[0]] = 1.0  # whoever holds buys once
    count = np.bincount(places)
    rule, hold, turned = (
        np.bincount(places, one) / count
        for one in (held * made - _POINT * cost * turned, made - _POINT * cost * bought, turned)
    )
    words = f"{positions.replace('-', ' or ')} by the sign of the forecast, {cost:g} basis points a turn"
    return Trades(words=words, periods=periods, rule=rule, hold=hold, turned=turned, yearly=yearly)


def _periods(texts: Sequence[str]) -> list[str]:
    """Years of dates, or months or days where there are few years."""
    for length in (4, 7, 10):
        names = [text[:length] for text in texts]
        if len(set(names)) >= _FEWEST:
            return names
    return _parts(len(texts))


def _parts(count: int) -> list[str]:
    return [f"part {1 + place * _PARTS // count} of {_PARTS}" for place in range(count)]
