"""In which form series are learned and scored: the values themselves, or the returns of prices."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from headstart.data.gaps import filled


class Form(Protocol):
    """How what is forecast is read, and how far values to come are apart from the last one, which is `last` [n].

    lead     steps before a window that its first value needs
    tensors  how `x`, and an answer, are made of values, for who uses an exported model
    """

    lead: ClassVar[int]
    tensors: ClassVar[str]

    def wrong(self, values: np.ndarray) -> np.ndarray:
        """Which values [T] cannot be read in this form, bool [T]."""
        ...

    def measured(self, values: np.ndarray) -> np.ndarray:
        """Of a whole series [T]: that of which mean, deviation and period are learned; NaN where there is nothing."""
        ...

    def naive(self, measured: np.ndarray, period: int) -> float:
        """The mean absolute error of a forecast without a model on such numbers [T]: the scale of MASE."""
        ...

    def read(self, past: np.ndarray) -> np.ndarray:
        """Windows [n, lead + L] without gaps -> what a model reads of them, [n, L]."""
        ...

    def apart(self, values: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Values to come [n, H] -> how far they are from the last one, [n, H]."""
        ...

    def back(self, apart: np.ndarray, last: np.ndarray) -> dict[str, np.ndarray]:
        """The same backwards, [n, H]: the "forecast", and what else is said of it."""
        ...

    def of_last_period(self, length: int, period: int, steps: int) -> np.ndarray:
        """What a model reads @ this [L, H]: how far the values to come are apart if the last period comes again."""
        ...

    def of_mean(self, length: int, steps: int) -> np.ndarray:
        """The same [L, H] if the mean of what a model reads comes."""
        ...

    def of_drift(self, steps: int) -> np.ndarray | None:
        """What the mean of train steps is multiplied by [H], if it comes at every step; None: that is no forecast."""
        ...


class Levels:
    """The values themselves: a model reads their differences from the last one, and says the same of those to come."""

    lead: ClassVar[int] = 0
    tensors: ClassVar[str] = (
        "x is float32 [B, 1, C, L]: what is forecast minus its last value, divided by the deviation of its series "
        "(`scales` in `series.json`), and the columns beside it, standardised. An answer times that deviation plus the "
        "last value is the forecast."
    )

    def wrong(self, values: np.ndarray) -> np.ndarray:
        return np.zeros(len(values), bool)

    def measured(self, values: np.ndarray) -> np.ndarray:
        return values

    def naive(self, measured: np.ndarray, period: int) -> float:
        values = filled(measured)
        lag = period if len(values) > 2 * period else 1
        return float(np.abs(values[lag:] - values[:-lag]).mean()) if len(values) > lag else 0.0

    def read(self, past: np.ndarray) -> np.ndarray:
        return past - past[:, -1:]

    def apart(self, values: np.ndarray, last: np.ndarray) -> np.ndarray:
        return values - last[:, None]

    def back(self, apart: np.ndarray, last: np.ndarray) -> dict[str, np.ndarray]:
        return {"forecast": apart + last[:, None]}

    def of_last_period(self, length: int, period: int, steps: int) -> np.ndarray:
        return _repeats(length, period, steps)

    def of_mean(self, length: int, steps: int) -> np.ndarray:
        return np.full((length, steps), 1 / length)

    def of_drift(self, steps: int) -> np.ndarray | None:
        return None


class Returns:
    """Log returns of prices: a model reads one of each step, and says the return from the last price to each of those
    to come, divided by the root of the number of steps, so that all steps of a random walk are equally hard."""

    lead: ClassVar[int] = 1
    tensors: ClassVar[str] = (
        "x is float32 [B, 1, C, L]: the log return of each step, divided by the deviation of returns of its series "
        "(`scales` in `series.json`), and the columns beside it, standardised. An answer for step h (1, 2, ...) times "
        "that deviation times the root of h is the log return from the last price to the forecast."
    )

    def wrong(self, values: np.ndarray) -> np.ndarray:
        return values <= 0

    def measured(self, values: np.ndarray) -> np.ndarray:
        moves = np.diff(np.log(filled(values)), prepend=np.nan)
        return np.where(np.isnan(values), np.nan, moves)

    def naive(self, measured: np.ndarray, period: int) -> float:
        known = measured[~np.isnan(measured)]
        return float(np.abs(known).mean()) if len(known) else 0.0

    def read(self, past: np.ndarray) -> np.ndarray:
        return np.diff(np.log(past), axis=1)

    def apart(self, values: np.ndarray, last: np.ndarray) -> np.ndarray:
        return np.log(values / last[:, None]) / _roots(values.shape[1])

    def back(self, apart: np.ndarray, last: np.ndarray) -> dict[str, np.ndarray]:
        moved = np.expm1(apart * _roots(apart.shape[1]))
        return {"forecast": last[:, None] * (1 + moved), "return": moved}

    def of_last_period(self, length: int, period: int, steps: int) -> np.ndarray:
        return _repeats(length, period, steps).cumsum(1) / _roots(steps)

    def of_mean(self, length: int, steps: int) -> np.ndarray:
        return np.tile(_roots(steps) / length, (length, 1))

    def of_drift(self, steps: int) -> np.ndarray | None:
        return _roots(steps)


def _roots(steps: int) -> np.ndarray:
    return np.sqrt(np.arange(1, steps + 1))


def _repeats(length: int, period: int, steps: int) -> np.ndarray:
    """[L, H]: 1 where a step to come repeats one of the last period."""
    period = min(period, length)
    found = np.zeros((length, steps))
    found[length - period + np.arange(steps) % period, np.arange(steps)] = 1.0
    return found


LEVELS, RETURNS = Levels(), Returns()
