"""How surprising what came is: its errors against a forecast, in what is usual for the series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

SIGNS = ("step", "stretch", "flat")
"""An odd value; a stretch that went another way; a stretch with less movement than there is otherwise."""

_LEAST, _STILL = 1e-9, 1e-3  # steps, in deviations, that are as good as none
_NORMAL = 1.4826  # of a median of sizes, so that it is the deviation of normal errors


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual: of each series its errors [S + 1, 3], the last line for others; thresholds [3] of all of them."""

    errors: np.ndarray
    thresholds: np.ndarray


def measures(errors: np.ndarray, came: np.ndarray) -> np.ndarray:
    """Errors [n, H] of forecasts and what came [n, H], NaN where nothing was measured -> the three signs, [n, 3]: size
    of the first error; root of the mean squared error; and how little moved, as one over its mean step, 0 for
    stretches whose end is not there."""
    known = np.isfinite(errors)
    first = np.where(known[:, 0], np.abs(np.nan_to_num(errors[:, 0])), 0.0)
    whole = np.sqrt(np.nan_to_num(errors) ** 2 @ np.ones(errors.shape[1]) / np.maximum(known.sum(1), 1))
    steps = np.abs(np.diff(came, axis=1)).mean(1) if came.shape[1] > 2 else np.full(len(came), np.nan)
    flat = np.where(np.isfinite(steps), 1 / np.maximum(np.nan_to_num(steps), _STILL), 0.0)
    return np.stack([first, whole, flat], 1)


def usual(found: np.ndarray, series: np.ndarray, count: int, rate: float) -> Usual:
    """Signs [n, 3] of rows that were not learned from, of series with these numbers [n] among `count` -> what is
    usual. Each threshold is passed by a third of `rate` of the rows."""
    errors = np.ones((count + 1, len(SIGNS)))
    for number in np.unique(series):
        errors[number] = _NORMAL * np.median(found[series == number], 0)
    errors[-1] = np.median(errors[:-1], 0) if count else errors[-1]
    errors = np.maximum(errors, _LEAST)
    ratios = np.sort(found / errors[series], 0)
    place = min(len(ratios) - 1, int(np.ceil((1 - rate / len(SIGNS)) * (len(ratios) + 1))) - 1)
    return Usual(errors, np.maximum(ratios[place], _LEAST))


def scores(found: np.ndarray, series: np.ndarray, known: Usual) -> np.ndarray:
    """The largest sign of each row in its threshold [n]: above 1 is an alarm."""
    return (found / known.errors[series] / known.thresholds).max(1)


def windows(score: np.ndarray, places: np.ndarray, peaks: np.ndarray, apart: int) -> list[tuple[int, int, float, int]]:
    """Stretches of alarms: first and last step, the highest score, and the step that it is about.

    Each row points to the step where it was off most, so that a single odd value is one step though many windows see
    it. Alarms that point to steps less than `apart` from each other are one.

    score [n] of rows, places [n] of their first steps, peaks [n] steps to where each was off most.
    """
    alarms = np.flatnonzero(score > 1)
    steps = places[alarms] + peaks[alarms]
    order = np.argsort(steps, kind="stable")
    found: list[tuple[int, int, float, int]] = []
    for row, step in zip(alarms[order].tolist(), steps[order].tolist(), strict=True):
        if found and step - found[-1][1] < apart:
            begin, _, best, peak = found[-1]
            higher = float(score[row]) > best
            found[-1] = (begin, step, float(score[row]) if higher else best, step if higher else peak)
        else:
            found.append((step, step, float(score[row]), step))
    return found


def row_means(answers: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Scores of rows [n] each, larger is better."""
    return {
        "mse": -np.array([answer["error"] for answer in answers]),
        "alarm_rate": np.array([float(answer["alarm"]) for answer in answers]),
    }
