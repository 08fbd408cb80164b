"""What a run will cost, from a few seconds of its own real steps."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from headstart.assemble import Parts
from headstart.training.loop import train
from headstart.training.plan import total_steps

MOST_SECONDS = 10.0
WARM_STEPS = 2


@dataclass(frozen=True, slots=True)
class Forecast:
    """Steps, seconds and rows a second; None where nothing can be said before trying."""

    steps: int | None
    seconds: float | None
    rows_per_second: float | None


def forecast(parts: Parts) -> Forecast:
    """Time at most 10 s of real steps (the weights of `parts` move) and multiply. Held-out looks are not counted."""
    plan, batches = parts.plan, parts.batches
    closed = parts.trainee.objective.closed_form or (parts.tuning is not None and parts.tuning.closed_form)
    if closed:
        return Forecast(None, None, None)
    ticks = [time.perf_counter()]
    for _ in train(parts.trainee, batches, plan, parts.tuning):
        ticks.append(time.perf_counter())
        if len(ticks) > WARM_STEPS + 1 and ticks[-1] - ticks[0] > MOST_SECONDS:
            break
        if len(ticks) > 50:
            break
    each = np.diff(ticks)
    step = float(np.median(each[WARM_STEPS:] if len(each) > WARM_STEPS else each))
    total = total_steps(plan, batches.rows, batches.size)
    if total is None:
        assert plan.minutes is not None
        return Forecast(int(60 * plan.minutes / step), 60 * plan.minutes, batches.size / step)
    return Forecast(total, total * step, batches.size / step)
