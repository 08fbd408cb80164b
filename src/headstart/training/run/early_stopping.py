"""Early stopping: the looks at held-out rows, the best weights they found, and when to stop for want of better ones."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from headstart.training.loop import Progress, Trainee
from headstart.training.plan import Plan


@dataclass(frozen=True, slots=True)
class Look:
    """One look at held-out rows: a score, larger is better (None: keep the last weights), and numbers for a curve."""

    score: float | None
    logs: Mapping[str, float]


@dataclass(slots=True)
class EarlyStopping:
    """What the looks of a run have found. `weights` are those of the best score; `stale` looks came after it."""

    looks: int = 0
    stale: int = 0
    score: float = -math.inf
    step: int = 0
    weights: dict[str, Tensor] = field(default_factory=dict)

    def look_due(self, progress: Progress, plan: Plan) -> bool:
        """Is it time for a look? Every `plan.check` of the run, and at its end."""
        # 1e-9: 3 * 0.1 is a little more than 6 / 20, and the look would come a step late
        return progress.done >= 1 or progress.done + 1e-9 >= (self.looks + 1) * plan.check

    def add(self, look: Look, step: int, trainee: Trainee) -> None:
        """Take in a look at the weights of the trainee."""
        self.looks += 1
        self.stale = 0 if look.score is not None and look.score > self.score else self.stale + 1
        if look.score is not None and look.score >= self.score:
            # of equal ones the later: while a tagger finds nothing yet, its first weights are no better than its last
            self.score, self.step = look.score, step
            parts = {"backbone": trainee.backbone.state_dict(), "objective": trainee.objective.state_dict()}
            self.weights = {f"{part}.{n}": t.detach().clone() for part, of in parts.items() for n, t in of.items()}

    def stops(self, plan: Plan) -> bool:
        """Did `plan.patience` looks in a row find nothing better?"""
        return bool(plan.patience) and self.stale >= plan.patience

    def restore(self, trainee: Trainee) -> None:
        """Put the best weights into the trainee."""
        for part, module in (("backbone", trainee.backbone), ("objective", trainee.objective)):
            prefix = f"{part}."
            own = {name.removeprefix(prefix): t for name, t in self.weights.items() if name.startswith(prefix)}
            module.load_state_dict(own)
