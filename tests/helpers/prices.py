"""Tables of prices: random walks, and walks whose next return follows from the last one."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np


def walk(length: int = 500, seed: int = 0, *, follows: float = 0.0, drift: float = 0.0) -> np.ndarray:
    """Prices [length] whose log returns repeat `follows` of the last one."""
    generator = np.random.default_rng(seed)
    moves = np.zeros(length)
    for step, news in enumerate(0.02 * generator.standard_normal(length)):
        moves[step] = drift + (follows * moves[step - 1] if step else 0.0) + news
    return 100 * np.exp(np.cumsum(moves))


def working_days(length: int, begin: date = date(2015, 1, 1)) -> list[date]:
    """So many days without Saturdays and Sundays."""
    days = (begin + timedelta(days=day) for day in range(2 * length + 10))
    return [day for day in days if day.weekday() < 5][:length]


def table(prices: np.ndarray, **beside: np.ndarray) -> str:
    """A table of working days; the first column of numbers is the price."""
    columns = [prices, *beside.values()]
    lines = [",".join([str(day), *(f"{column[row]:.6f}" for column in columns)])
             for row, day in enumerate(working_days(len(prices)))]  # fmt: skip
    return "\n".join([",".join(["date", "price", *beside]), *lines]) + "\n"
