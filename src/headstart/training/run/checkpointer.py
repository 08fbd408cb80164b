"""What a run remembers between its steps, and its checkpoints: when to write one, how to go back to one."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from headstart.core.files import check_room
from headstart.training.loop import Progress, Trainee
from headstart.training.nonfinite import NonFinite
from headstart.training.optimizer import State
from headstart.training.plan import Plan
from headstart.training.run import checkpoint

ROLLBACKS = 3  # a run that is ruined again at an eighth of its rate is not ruined by its rate


@dataclass(slots=True)
class Memory:
    """What the run remembers between steps; travels with the checkpoint."""

    history: list[dict[str, float]] = field(default_factory=list)
    best_score: float = -math.inf
    best_step: int = 0
    best: dict[str, Tensor] = field(default_factory=dict)
    stale: int = 0
    checks: int = 0
    rollbacks: int = 0
    warnings: list[str] = field(default_factory=list)

    def notes(self) -> dict[str, Any]:
        best = None if self.best_score == -math.inf else self.best_score
        return {
            "history": self.history,
            "best": best,
            "best_step": self.best_step,
            "stale": self.stale,
            "checks": self.checks,
            "rollbacks": self.rollbacks,
            "warnings": self.warnings,
        }

    def recall(self, found: checkpoint.Checkpoint) -> None:
        notes = found.notes
        self.history, self.best_step = notes["history"], notes["best_step"]
        self.best_score = -math.inf if notes["best"] is None else notes["best"]
        self.stale, self.checks, self.best = notes["stale"], notes["checks"], found.extra
        self.rollbacks, self.warnings = notes["rollbacks"], notes["warnings"]


@dataclass(slots=True)
class Saver:
    """Keeps the checkpoints of one run: when to write them, and how to go back to one."""

    folder: Path
    trainee: Trainee
    plan: Plan
    saved_at: float = field(default_factory=time.monotonic)
    cost: float = 0.0

    def begin(self, memory: Memory) -> State:
        """The state to start from: that of the newest sound checkpoint, or a new one."""
        found, warnings = checkpoint.load(self.folder, self.trainee)
        if found is not None:
            memory.recall(found)
        memory.warnings = [*memory.warnings, *warnings]
        lying = sum(path.stat().st_size for path in self.folder.glob("*")) if self.folder.is_dir() else 0
        check_room(self.folder, int(checkpoint.ROOM * checkpoint.size(self.trainee, self.plan)) - lying)
        state = found.state if found is not None else State()
        if self.plan.on_nan == "rollback" and found is None:
            checkpoint.save(self.folder, self.trainee, state, memory.notes())  # a place to go back to
        return state

    def save(self, progress: Progress, memory: Memory, *, now: bool) -> None:
        """Write a checkpoint if one is due, or asked for."""
        began = time.monotonic()
        if now or checkpoint.due(self.plan, progress.step, began - self.saved_at, self.cost):
            checkpoint.save(self.folder, self.trainee, progress.state, memory.notes(), memory.best)
            self.saved_at = time.monotonic()
            self.cost = self.saved_at - began

    def go_back(self, memory: Memory, ruin: NonFinite) -> State:
        """The state of the last checkpoint at half the rate, written at once so that a kill does not undo it.

        The ruin itself if three ways back did not help.
        """
        if memory.rollbacks == ROLLBACKS:
            raise ruin.in_vain(ROLLBACKS) from ruin
        rollbacks, warnings = memory.rollbacks + 1, memory.warnings
        if memory.rollbacks:
            checkpoint.drop_newest(self.folder)  # it did not help: weights may grow for long before they are ruined
        found, damaged = checkpoint.load(self.folder, self.trainee)
        if found is None:
            raise ruin
        memory.recall(found)
        state = found.state
        state.slowed = 0.5**rollbacks
        told = f"the {ruin.name} was not finite at step {ruin.step}; went back to step {state.step}, the rate is now"
        memory.rollbacks, memory.warnings = rollbacks, [*warnings, *damaged, f"{told} {state.slowed:g} of the plan's"]
        checkpoint.save(self.folder, self.trainee, state, memory.notes(), memory.best)
        return state
