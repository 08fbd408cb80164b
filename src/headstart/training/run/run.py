"""Run a plan to its end: the caller's `for` around the loop, with history, best weights, early stopping and resume."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from headstart.core.contracts import Tuning
from headstart.core.files import write_whole
from headstart.data.batches import Feed
from headstart.training.loop import Progress, Trainee, resting, train
from headstart.training.microbatches import remark
from headstart.training.nonfinite import NonFinite
from headstart.training.optimizer import State
from headstart.training.plan import Plan
from headstart.training.run.checkpointer import Memory, Saver
from headstart.training.run.signals import Interrupted, signals

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
    memory = Memory()
    state = saver.begin(memory) if saver is not None else State()

    def seen(progress: Progress) -> None:
        logs = _log(progress, memory)
        if check is not None and _check_due(progress, plan, memory):
            logs |= _look(trainee, progress, check, memory)
        if watch is not None:
            watch(progress, logs)

    with signals(active=saver is not None) as caught:
        while True:
            try:
                stopped = _follow(train(trainee, batches, plan, tuning, state), plan, memory, seen, saver, caught)
                break
            except NonFinite as ruin:
                if saver is None or plan.on_nan == "stop":
                    raise
                state = saver.go_back(memory, ruin)
    if memory.best:
        _wear(trainee, memory.best)
    else:
        state.keep_average()  # also where the last step was done before the run was cut off
    if folder:
        write_history(folder / "history.jsonl", memory.history)
    rows = state.step * batches.size if stepped else batches.rows
    cut = remark(plan, state.pieces, batches.size) if stepped else []
    return Outcome(state.step, rows, state.seconds, memory.history, stopped, (*memory.warnings, *cut))


def _follow(
    steps: Iterator[Progress],
    plan: Plan,
    memory: Memory,
    seen: Callable[[Progress], None],
    saver: Saver | None,
    caught: list[int],
) -> str:
    """Go through the steps, looking, saving and stopping in time; says why they ended."""
    for progress in steps:
        seen(progress)
        if plan.patience and memory.stale >= plan.patience:
            return f"no better for {plan.patience} looks"
        if saver is not None:
            interrupted = bool(caught) and progress.done < 1
            saver.save(progress, memory, now=interrupted)
            if interrupted:
                raise Interrupted(caught[0], saver.folder.parent)
    return "budget used"


def plan_steps(trainee: Trainee, tuning: Tuning | None) -> bool:
    """Is this run stepped (rather than solved in closed form)?"""
    return not (trainee.objective.closed_form or (tuning is not None and tuning.closed_form))


def write_history(path: Path, rows: list[dict[str, float]]) -> None:
    """One JSON object a line."""
    write_whole(path, "".join(json.dumps(row) + "\n" for row in rows).encode())


def _log(progress: Progress, memory: Memory) -> dict[str, float]:
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


def _check_due(progress: Progress, plan: Plan, memory: Memory) -> bool:
    # 1e-9: 3 * 0.1 is a little more than 6 / 20, and the look would come a step late
    return progress.done >= 1 or progress.done + 1e-9 >= (memory.checks + 1) * plan.check


def _look(trainee: Trainee, progress: Progress, check: Callable[[], Check], memory: Memory) -> dict[str, float]:
    memory.checks += 1
    with resting(trainee), progress.state.averaged():
        seen = check()
        better = seen.score is not None and seen.score > memory.best_score
        memory.stale = 0 if better else memory.stale + 1
        if seen.score is not None and seen.score >= memory.best_score:
            # of equal ones the later: while a tagger finds nothing yet, its first weights are no better than its last
            memory.best_score, memory.best_step = seen.score, progress.step
            memory.best = _weights(trainee)
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
