"""What a run will cost, from a few seconds of its own real steps."""

import time
from dataclasses import dataclass

import numpy as np

from headstart.assemble import Parts
from headstart.core.recipe import Recipe
from headstart.core.shown import Unscored, Unwarned
from headstart.training.loop import train
from headstart.training.plan import total_steps
from headstart.training.run.run import is_stepped

MOST_SECONDS, MOST_STEPS = 10.0, 50
WARM_STEPS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost(Unscored, Unwarned):
    """The resolved recipe, its parameters, steps, seconds and rows a second; None where only trying can tell."""

    recipe: Recipe
    parameters: int
    steps: int | None = None
    seconds: float | None = None
    rows_per_second: float | None = None


def estimate(parts: Parts) -> Cost:
    """Time at most 10 s of real steps (the weights of `parts` move) and multiply. Held-out looks are not counted."""
    plan, batches, trainee = parts.plan, parts.batches, parts.trainee
    parameters = sum(p.numel() for module in (trainee.backbone, trainee.objective) for p in module.parameters())
    if not is_stepped(trainee, parts.tuning):
        return Cost(recipe=parts.recipe, parameters=parameters)
    ticks = [time.perf_counter()]
    for progress in train(trainee, batches, plan, parts.tuning):
        ticks.append(time.perf_counter())
        timed = progress.step > WARM_STEPS
        if progress.step >= MOST_STEPS or (timed and ticks[-1] - ticks[0] > MOST_SECONDS):
            break
    each = np.diff(ticks)
    step = float(np.median(each[WARM_STEPS:] if len(each) > WARM_STEPS else each))
    steps, seconds = total_steps(plan, batches.rows, batches.size), None
    if steps is None:
        assert plan.minutes is not None
        steps, seconds = int(60 * plan.minutes / step), 60 * plan.minutes
    return Cost(
        recipe=parts.recipe, parameters=parameters, steps=steps, seconds=seconds or steps * step,
        rows_per_second=batches.size / step,
    )  # fmt: skip
