"""Run a plan to its end: the caller's `for` around the loop, with history, best weights, early stopping and resume."""

from __future__ import annotations

import json
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from torch import Tensor

from headstart.core.contracts import Tuning
from headstart.core.errors import HeadstartError
from headstart.core.files import check_room, write_whole
from headstart.data.batches import Feed
from headstart.training import checkpoint
from headstart.training.loop import Progress, Trainee, resting, train
from headstart.training.optimizer import State
from headstart.training.pieces import remark
from headstart.training.plan import Plan
from headstart.training.ruin import NonFinite

HISTORY_ROWS = 200
ROLLBACKS = 3  # a run that is ruined again at an eighth of its rate is not ruined by its rate


@dataclass(frozen=True, slots=True)
class Check:
    """One look at held-out data: a score, larger is better (None: keep the last weights), and numbers for a curve."""

    score: float | None
    logs: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to. The trainee wears the best weights found (else the averaged, else the last ones)."""

    steps: int
    rows: int
    seconds: float
    history: list[dict[str, float]]
    stopped: str = "budget used"
    warnings: tuple[str, ...] = ()


class Interrupted(HeadstartError):
    """A signal came; the state is saved and the same command goes on from here."""

    def __init__(self, number: int, folder: Path | None) -> None:
        fix = (
            f"run the same command again to go on ({folder})"
            if folder
            else "start again with --out to be able to go on"
        )
        super().__init__(
            130, f"interrupted by {signal.Signals(number).name}, state saved" if folder else "interrupted", fix=fix
        )
        self.number, self.exit_code = number, 128 + number


@dataclass(slots=True)
class _Memory:
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


def run(
    trainee: Trainee,
    batches: Feed,
    plan: Plan,
    tuning: Tuning | None = None,
    *,
    folder: Path | None = None,
    check: Callable[[], Check] | None = None,
    watch: Callable[[Progress, Mapping[str, float]], None] | None = None,
) -> Outcome:
    """Train to the end of the budget. With a `folder`, checkpoints lie in `folder/last` and a second call resumes.

    `check` looks at held-out data (model in eval mode); `watch` hears of every step, with logged numbers now and then.
    Raises Interrupted after SIGINT or SIGTERM, with the state saved; NonFinite where the loss is ruined and the plan
    says stop, or three ways back did not help; StorageError if the disk is too small for the checkpoints.
    """
    stepped = plan_steps(trainee, tuning)
    saver = Saver(folder / "last", trainee, plan) if folder is not None and stepped else None
    memory, state = _Memory(), State()
    if saver is not None:
        state = saver.begin(memory)
    stopped = "budget used"
    with _signals(active=saver is not None) as caught:
        while True:
            try:
                for progress in train(trainee, batches, plan, tuning, state):
                    logs = _log(progress, memory)
                    if check is not None and _check_due(progress, plan, memory):
                        logs |= _look(trainee, progress, check, memory)
                    if watch is not None:
                        watch(progress, logs)
                    if plan.patience and memory.stale >= plan.patience:
                        stopped = f"no better for {plan.patience} looks"
                        break
                    interrupted = bool(caught) and progress.done < 1
                    if saver is not None:
                        saver.save(progress, memory, now=interrupted)
                    if interrupted:
                        raise Interrupted(caught[0], folder)
                break
            except NonFinite as ruin:
                if saver is None or plan.on_nan == "stop":
                    raise
                if memory.rollbacks == ROLLBACKS:
                    raise ruin.in_vain(ROLLBACKS) from ruin
                state = saver.go_back(memory, ruin)
    if memory.best:
        _wear(trainee, memory.best)
    else:
        state.keep_average()  # also where the last step was done before the run was cut off
    if folder:
        write_history(folder / "history.jsonl", memory.history)
    rows = state.step * batches.size if stepped else batches.rows
    memory.warnings += remark(plan, state.pieces, batches.size) if stepped else []
    return Outcome(state.step, rows, state.seconds, memory.history, stopped, tuple(memory.warnings))


@dataclass(slots=True)
class Saver:
    """Keeps the checkpoints of one run: when to write them, and how to go back to one."""

    folder: Path
    trainee: Trainee
    plan: Plan
    saved_at: float = field(default_factory=time.monotonic)
    cost: float = 0.0

    def begin(self, memory: _Memory) -> State:
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

    def save(self, progress: Progress, memory: _Memory, *, now: bool) -> None:
        """Write a checkpoint if one is due, or asked for."""
        began = time.monotonic()
        if now or checkpoint.due(self.plan, progress.step, began - self.saved_at, self.cost):
            checkpoint.save(self.folder, self.trainee, progress.state, memory.notes(), memory.best)
            self.saved_at = time.monotonic()
            self.cost = self.saved_at - began

    def go_back(self, memory: _Memory, ruin: NonFinite) -> State:
        """The state of the last checkpoint at half the rate, written at once so that a kill does not undo it."""
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


def plan_steps(trainee: Trainee, tuning: Tuning | None) -> bool:
    """Is this run stepped (rather than solved in closed form)?"""
    return not (trainee.objective.closed_form or (tuning is not None and tuning.closed_form))


def write_history(path: Path, rows: list[dict[str, float]]) -> None:
    """One JSON object a line."""
    write_whole(path, "".join(json.dumps(row) + "\n" for row in rows).encode())


def _log(progress: Progress, memory: _Memory) -> dict[str, float]:
    """A row of history about every half percent of the run; {} in between."""
    due = progress.done >= 1 or progress.done * HISTORY_ROWS >= len(memory.history)
    if not due:
        return {}
    row = {
        "step": float(progress.step),
        "rows": float(progress.rows),
        "seconds": progress.seconds,
        "rate": progress.rate,
    }
    row |= {"loss": float(progress.loss)} | {name: float(value) for name, value in progress.logs.items()}
    memory.history.append(row)
    return dict(row)


def _check_due(progress: Progress, plan: Plan, memory: _Memory) -> bool:
    # 1e-9: 3 * 0.1 is a little more than 6 / 20, and the look would come a step late
    return progress.done >= 1 or progress.done + 1e-9 >= (memory.checks + 1) * plan.check


def _look(trainee: Trainee, progress: Progress, check: Callable[[], Check], memory: _Memory) -> dict[str, float]:
    memory.checks += 1
    with resting(trainee), progress.state.averaged():
        seen = check()
        if seen.score is not None and seen.score > memory.best_score:
            memory.best_score, memory.best_step, memory.stale = seen.score, progress.step, 0
            memory.best = _weights(trainee)
        else:
            memory.stale += 1
    if not memory.history or memory.history[-1]["step"] != progress.step:
        memory.history.append({"step": float(progress.step), "rows": float(progress.rows), "seconds": progress.seconds})
    memory.history[-1] |= seen.logs
    return dict(seen.logs)


def _weights(trainee: Trainee) -> dict[str, Tensor]:
    parts = {"backbone": trainee.backbone, "objective": trainee.objective}
    return {f"{n}.{key}": t.detach().clone() for n, part in parts.items() for key, t in part.state_dict().items()}


def _wear(trainee: Trainee, weights: Mapping[str, Tensor]) -> None:
    for name, part in (("backbone", trainee.backbone), ("objective", trainee.objective)):
        part.load_state_dict(
            {key.removeprefix(f"{name}."): t for key, t in weights.items() if key.startswith(f"{name}.")}
        )


@contextmanager
def _signals(*, active: bool) -> Iterator[list[int]]:
    """SIGINT and SIGTERM only raise a flag, so that a step is never cut in two; a second SIGINT ends at once."""
    caught: list[int] = []
    if not active or threading.current_thread() is not threading.main_thread():
        yield caught
        return

    def note(number: int, frame: FrameType | None) -> None:
        if caught and number == signal.SIGINT:
            raise KeyboardInterrupt
        caught.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
