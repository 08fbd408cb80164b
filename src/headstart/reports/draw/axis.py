"""An axis with round ticks: values -> places in percent."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

LARGEST = 1e300  # beyond it differences of two values overflow a double
SUFFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def drawable(value: float) -> bool:
    """Can a value have a place on an axis?"""
    return math.isfinite(value) and abs(value) < LARGEST


@dataclass(frozen=True)
class Axis:
    """From `low` to `high`, with ticks at round numbers; `log` places values by their logarithm."""

    low: float
    high: float
    ticks: tuple[float, ...]
    log: bool = False

    def place(self, value: float) -> float:
        """Where a value lies, in percent of the axis."""
        if self.log:
            return 100 * (math.log(value) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        return 100 * (value - self.low) / (self.high - self.low)

    def text(self, tick: float) -> str:
        """A tick in as few letters as tell it from its neighbours: 0.25, 400, 20k, 1.5M, 1e-05."""
        largest = max(abs(each) for each in self.ticks)
        steps = [abs(tick)] if self.log or len(self.ticks) == 1 else [b - a for a, b in pairwise(self.ticks)]
        reach = abs(tick) if self.log else largest
        size, suffix = next((pair for pair in SUFFIXES if reach >= 1e4 and pair[0] <= reach), (1.0, ""))
        if not 1e-4 <= largest < 1e13 or (self.log and tick < 1e-4):
            return f"{tick:.3g}".replace("e+", "e").replace("-", "−")
        if tick == 0:
            return "0"
        step = min(steps) / size
        decimals = next((n for n in range(6) if abs(round(step, n) - step) < 1e-6 * step), 6)  # 0.25 -> 2, 20 -> 0
        return f"{tick / size:.{decimals}f}{suffix}".replace("-", "−")


def linear(values: Iterable[float], *, room: float = 0.05) -> Axis:
    """An axis around finite values, with `room` on either side as a share of their range."""
    numbers = list(values)
    low, high = min(numbers), max(numbers)
    spread = high - low or abs(high) * 0.2 or 1.0
    if spread < 1e-12 * max(abs(low), abs(high)):  # below the resolution of a double nothing can be told apart
        spread = abs(high) * 0.2
    low, high = low - room * spread, high + room * spread
    if max(numbers) == min(numbers):
        return Axis(numbers[0] - spread, numbers[0] + spread, (numbers[0],))
    step = round_step((high - low) / 5)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return Axis(low, high, tuple(step * k for k in range(first, last + 1)))


def logarithmic(values: Iterable[float]) -> Axis:
    """An axis around positive values; few distinct ones (label budgets) become the ticks themselves."""
    numbers = sorted(set(values))
    low, high = numbers[0], numbers[-1]
    if low == high:
        return Axis(low / 3, high * 3, (low,), log=True)
    margin = (high / low) ** 0.04
    bare = Axis(low / margin, high * margin, tuple(numbers), log=True)
    if len(numbers) <= 7 and all(b - a >= 9 for a, b in pairwise(map(bare.place, numbers))):
        return bare
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    leads = (1,) if len(decades) > 3 else (1, 2, 5)
    ticks = (float(f"{lead}e{power}") for power in decades[:: math.ceil(len(decades) / 7)] for lead in leads)
    return Axis(bare.low, bare.high, tuple(tick for tick in ticks if bare.low <= tick <= bare.high), log=True)


def round_step(rough: float) -> float:
    """The nearest of 1, 2, 2.5, 5 times a power of ten that is not below `rough`."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next((lead * power for lead in (1, 2, 2.5, 5) if lead * power >= rough * (1 - 1e-9)), 10 * power)
