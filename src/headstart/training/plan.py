"""How long and how fast to learn: the settings of a run, and its budget as pure functions of numbers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from headstart.core.errors import RecipeError

Schedule = Literal["cosine", "linear", "constant"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Settings of one training run. The budget is the first of `steps`, `minutes`, `epochs` that is given.

    `min_steps` is the least number of updates that `epochs` may come to, so that a hundred rows are learnt from too.

    `warmup` and `final` are shares: of the run, and of the learning rate that is left at its end.
    `check` is the share of the run between two looks at held-out data; training stops early after `patience` looks
    without a better one (0: never). `clip` limits the gradient norm (0: off), `ema` is the decay of averaged weights
    (0: off). `save` is the number of steps between two checkpoints (0: as often as costs less than 5 % of the time).
    `on_nan` says what follows a loss that is not finite: "stop", or "rollback" to the last checkpoint at half the rate.
    """

    steps: int | None = None
    minutes: float | None = None
    epochs: float = 10.0
    min_steps: int = 0
    batch: int = 256
    accumulate: int = 1
    optimizer: Literal["adamw", "adam", "sgd"] = "adamw"
    lr: float = 1e-3
    weight_decay: float = 0.05
    momentum: float = 0.9
    beta2: float = 0.999
    schedule: Schedule = "cosine"
    warmup: float = 0.05
    final: float = 0.0
    clip: float = 1.0
    ema: float = 0.0
    check: float = 0.05
    patience: int = 0
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    channels_last: bool = False
    compile: bool = False
    save: int = 0
    on_nan: Literal["stop", "rollback"] = "stop"

    def __post_init__(self) -> None:
        positive = {"batch": self.batch, "accumulate": self.accumulate, "lr": self.lr, "epochs": self.epochs}
        positive |= {"steps": 1 if self.steps is None else self.steps, "check": self.check}
        positive |= {"minutes": 1 if self.minutes is None else self.minutes}
        for name, value in positive.items():
            if not value > 0 or not math.isfinite(value):
                raise RecipeError(170, "setting must be above 0", where=f"plan.{name}", found=value)
        if self.min_steps < 0:
            raise RecipeError(173, "setting must not be below 0", where="plan.min_steps", found=self.min_steps)
        shares = {"warmup": self.warmup, "final": self.final, "ema": self.ema}
        for name, value in shares.items():
            if not 0 <= value <= 1:
                raise RecipeError(171, "setting must be a share", where=f"plan.{name}", found=value, expected="0 to 1")
        if self.batch % self.accumulate:
            found = f"{self.batch} and {self.accumulate}"
            raise RecipeError(172, "plan.batch must be a multiple of plan.accumulate", found=found)


STEPPED_TUNING: Mapping[str, Any] = MappingProxyType({
    "plan.epochs": 10, "plan.min_steps": 150, "plan.batch": 64, "plan.lr": 3e-3, "plan.beta2": 0.98,
    "plan.schedule": "linear", "plan.warmup": 0.2,
})  # fmt: skip
"""What tunings advise that step through all labels from the first step on."""


def total_steps(plan: Plan, rows: int, batch: int) -> int | None:
    """Number of updates of the whole run; None where the clock decides."""
    if plan.steps is not None:
        return plan.steps
    if plan.minutes is not None:
        return None
    return max(1, plan.min_steps, math.ceil(plan.epochs * rows / batch))


def progress(step: int, seconds: float, total: int | None, minutes: float | None) -> float:
    """Share of the budget that is used, in [0, 1]."""
    return min(1.0, step / total if total is not None else seconds / (60.0 * (minutes or 1.0)))


def rate_factor(done: float, schedule: Schedule, *, warmup: float, final: float) -> float:
    """Factor on the learning rate after the share `done` of the run: linear warm-up, then the schedule to `final`.

    A constant rate has no `final`. A new schedule is a name above and a line here.
    """
    if done < warmup:
        return max(done, 1e-3) / warmup
    if schedule == "constant":
        return 1.0
    rest = (done - warmup) / max(1e-9, 1.0 - warmup)  # [0, 1] after warm-up
    fall = 0.5 * (1.0 + math.cos(math.pi * rest)) if schedule == "cosine" else 1.0 - rest
    return final + (1.0 - final) * fall
