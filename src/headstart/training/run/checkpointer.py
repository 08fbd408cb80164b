"""The checkpoints of a run: when to write one, and how to go back to one."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from headstart.core.files import check_room
from headstart.training.loop import Progress, Trainee
from headstart.training.nonfinite import NonFinite
from headstart.training.optimizer import State
from headstart.training.plan import Plan
from headstart.training.run import checkpoint
from headstart.training.run.run_state import RunState

ROLLBACKS = 3  # a run that is ruined again at an eighth of its rate is not ruined by its rate


@dataclass(slots=True)
class Checkpointer:
    """Keeps the checkpoints of one run: when to write them, and how to go back to one."""

    folder: Path
    trainee: Trainee
    plan: Plan
    saved_at: float = field(default_factory=time.monotonic)
    cost: float = 0.0

    def begin(self, run: RunState) -> State:
        """The state to start from: that of the newest sound checkpoint, or a new one."""
        saved, warnings = checkpoint.load(self.folder, self.trainee)
        if saved is not None:
            run.recall(saved)
        run.warnings = [*run.warnings, *warnings]
        lying = sum(path.stat().st_size for path in self.folder.glob("*")) if self.folder.is_dir() else 0
        check_room(self.folder, int(checkpoint.ROOM * checkpoint.size(self.trainee, self.plan)) - lying)
        state = saved.state if saved is not None else State()
        if self.plan.on_nan == "rollback" and saved is None:
            checkpoint.save(self.folder, self.trainee, state, run.notes())  # a place to go back to
        return state

    def save(self, progress: Progress, run: RunState, *, now: bool) -> None:
        """Write a checkpoint if one is due, or asked for."""
        began = time.monotonic()
        if now or checkpoint.due(self.plan, progress.step, began - self.saved_at, self.cost):
            checkpoint.save(self.folder, self.trainee, progress.state, run.notes(), run.stopping.weights)
            self.saved_at = time.monotonic()
            self.cost = self.saved_at - began

    def go_back(self, run: RunState, ruin: NonFinite) -> State:
        """The state of the last checkpoint at half the rate, written at once so that a kill does not undo it.

        The ruin itself if three ways back did not help.
        """
        if run.rollbacks == ROLLBACKS:
            raise ruin.in_vain(ROLLBACKS) from ruin
        rollbacks, warnings = run.rollbacks + 1, run.warnings
        if run.rollbacks:
            checkpoint.drop_newest(self.folder)  # it did not help: weights may grow for long before they are ruined
        saved, damaged = checkpoint.load(self.folder, self.trainee)
        if saved is None:
            raise ruin
        run.recall(saved)
        state = saved.state
        state.slowed = 0.5**rollbacks
        event = f"the {ruin.name} was not finite at step {ruin.step}; went back to step {state.step}, the rate is now"
        run.rollbacks, run.warnings = rollbacks, [*warnings, *damaged, f"{event} {state.slowed:g} of the plan's"]
        checkpoint.save(self.folder, self.trainee, state, run.notes(), run.stopping.weights)
        return state
