"""Learning-rate schedules, as a pure function of numbers."""

import math
from typing import Literal

Schedule = Literal["cosine", "linear", "constant"]


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
