"""What a run will cost, from a few seconds of its own real steps."""

import math
import time
from dataclasses import dataclass

import numpy as np

from headstart.assemble import Parts
from headstart.core.recipe import Recipe
from headstart.core.shown import Unscored, Unwarned
from headstart.inference.predictor import Predictor
from headstart.training.loop import train
from headstart.training.plan import total_steps
from headstart.training.run.run import is_stepped

MOST_SECONDS, MOST_STEPS = 10.0, 50
WARM_STEPS = 2
ASKED = 64  # rows whose answers are timed


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost(Unscored, Unwarned):
    """The resolved recipe, its parameters, steps, seconds and rows a second; None where only trying can tell.

    `scoring` are the seconds for looks at held-out rows and for scores at the end.
    """

    recipe: Recipe
    parameters: int
    steps: int | None = None
    seconds: float | None = None
    rows_per_second: float | None = None
    scoring: float = 0.0


def estimate(parts: Parts) -> Cost:
    """Time at most 10 s of real steps (the weights of `parts` move), and answers to a few rows, and multiply."""
    plan, batches, trainee = parts.plan, parts.batches, parts.trainee
    parameters = sum(p.numel() for module in (trainee.backbone, trainee.objective) for p in module.parameters())
    if not is_stepped(trainee, parts.tuning):
        return Cost(recipe=parts.recipe, parameters=parameters, scoring=_scoring(parts, looks=0))
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
        rows_per_second=batches.size / step, scoring=_scoring(parts, looks=math.ceil(1 / plan.check)),
    )  # fmt: skip


def _scoring(parts: Parts, *, looks: int) -> float:
    """Seconds that answers take: to the held-out rows at every look, and to those that are scored at the end."""
    predictor = Predictor(parts.modality, parts.trainee, device=parts.device)
    answer = predictor.features if parts.trainee.objective.as_task is None else predictor.answers
    rows = (parts.held if len(parts.held) else parts.chosen)[:ASKED]
    answer(parts.store, rows[:1])  # the first call prepares
    began = time.perf_counter()
    answer(parts.store, rows)
    each = (time.perf_counter() - began) / len(rows)
    last = len(parts.store.rows("valid" if parts.tuning is None else "test"))
    return each * (looks * len(parts.held) + last)
