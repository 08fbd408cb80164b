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
from headstart.core.files import write_whole
from headstart.data.batches import Feed
from headstart.training import checkpoint
from headstart.training.loop import Progress, Trainee, resting, train
from headstart.training.optimizer import State
from headstart.training.plan import Plan

HISTORY_ROWS = 200


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
    warnings: list[str] = field(default_factory=list)

    def notes(self) -> dict[str, Any]:
        best = None if self.best_score == -math.inf else self.best_score
        return {
            "history": self.history,
            "best": best,
            "best_step": self.best_step,
            "stale": self.stale,
            "checks": self.checks,
        }

    def recall(self, found: checkpoint.Checkpoint) -> None:
        notes = found.notes
        self.history, self.best_step = notes["history"], notes["best_step"]
        self.best_score = -math.inf if notes["best"] is None else notes["best"]
        self.stale, self.checks, self.best = notes["stale"], notes["checks"], found.extra


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
    Raises Interrupted after SIGINT or SIGTERM, with the state saved.
    """
    memory, state = _Memory(), State()
    found, memory.warnings = checkpoint.load(folder / "last", trainee) if folder else (None, [])
    if found:
        state = found.state
        memory.recall(found)
    stopped, saved_at, cost = "budget used", time.monotonic(), 0.0
    progress: Progress | None = None
    with _signals(active=folder is not None) as caught:
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
            if folder and (interrupted or checkpoint.due(plan, progress.step, time.monotonic() - saved_at, cost)):
                began = time.monotonic()
                checkpoint.save(folder / "last", trainee, progress.state, memory.notes(), memory.best)
                saved_at = time.monotonic()
                cost = saved_at - began
            if interrupted:
                raise Interrupted(caught[0], folder)
    if memory.best:
        _wear(trainee, memory.best)
    else:
        state.keep_average()  # also where the last step was done before the run was cut off
    if folder:
        write_history(folder / "history.jsonl", memory.history)
    rows = state.step * batches.size if plan_steps(trainee, tuning) else batches.rows
    return Outcome(state.step, rows, state.seconds, memory.history, stopped, tuple(memory.warnings))


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
        if caught:
            raise KeyboardInterrupt
        caught.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
