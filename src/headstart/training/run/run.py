"""A plan carried to its end: one generator around the loop, with history, best weights, early stopping and resume."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from headstart.core.contracts import Tuning
from headstart.core.files import STATE, write_whole
from headstart.data.batches import Feed
from headstart.training.loop import Progress, Trainee, resting, solve_head, train
from headstart.training.microbatches import remark
from headstart.training.nonfinite import NonFinite
from headstart.training.optimizer import State
from headstart.training.plan import Plan
from headstart.training.run.checkpointer import Checkpointer
from headstart.training.run.early_stopping import Look
from headstart.training.run.run_state import RunState
from headstart.training.run.signals import Interrupted, signals


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to. The trainee holds the best weights found (else the averaged, else the last ones)."""

    steps: int
    rows: int
    seconds: float
    history: list[dict[str, float]]
    stopped: str = "budget used"
    warnings: tuple[str, ...] = ()


class Run:
    """The steps of a plan. Looks at held-out rows, progress bars and checkpoints are plain code of the caller:

        with Run(trainee, batches, plan, tuning, folder=folder) as run:
            for progress in run:
                if run.look_due:
                    with run.at_rest():
                        run.record(Look(score, logs))
                draw(progress, run.logs)
                run.save()
        outcome = run.outcome

    With a `folder`, checkpoints lie in `folder/last` and a second run goes on from there; then `with` is needed, for
    SIGINT and SIGTERM wait for `save`. Without one, the `for` is enough.

    logs     what was logged at this step; {} where nothing was
    outcome  what the run came to, after its last step

    A step raises NonFinite where the loss is ruined and the plan says stop, or three ways back did not help; the first
    one raises StorageError if the disk is too small for the checkpoints.
    """

    outcome: Outcome
    progress: Progress

    def __init__(
        self, trainee: Trainee, batches: Feed, plan: Plan, tuning: Tuning | None = None, *, folder: Path | None = None
    ) -> None:
        self.trainee, self.batches, self.plan, self.tuning, self.folder = trainee, batches, plan, tuning, folder
        self.logs: dict[str, float] = {}
        self._stepped = is_stepped(trainee, tuning)
        self._state, self._signals, self._caught = RunState(), ExitStack(), list[int]()
        self._checkpointer = None
        if folder is not None and self._stepped:
            self._checkpointer = Checkpointer(folder / STATE, trainee, plan)

    def __enter__(self) -> Self:
        self._caught = self._signals.enter_context(signals(active=self._checkpointer is not None))
        return self

    def __exit__(self, *problem: object) -> None:
        self._signals.close()

    def __iter__(self) -> Iterator[Progress]:
        """Step until the budget is used or no look finds better weights; then put the best ones into the trainee."""
        state = self._checkpointer.begin(self._state) if self._checkpointer is not None else State()
        stopped = ""
        while not stopped:
            try:
                for progress in train(self.trainee, self.batches, self.plan, self.tuning, state):
                    self.progress, self.logs = progress, self._state.log(progress)
                    yield progress
                    if self._state.stopping.stops(self.plan):
                        stopped = f"no better for {self.plan.patience} looks"
                        break
                stopped = stopped or "budget used"
            except NonFinite as ruin:
                if self._checkpointer is None or self.plan.on_nan == "stop":
                    raise
                state = self._checkpointer.go_back(self._state, ruin)
        self._signals.close()  # from here on a signal ends the process
        self.outcome = self._end(state, stopped)

    @property
    def look_due(self) -> bool:
        """Is it time for a look at held-out rows?"""
        return self._state.stopping.look_due(self.progress, self.plan)

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """Inside, the trainee is in eval mode without gradients, with the averaged weights where the plan averages."""
        with resting(self.trainee), self.progress.state.averaged():
            yield

    def record(self, look: Look) -> None:
        """Take in a look, inside of `at_rest`: its weights are kept if they are the best so far."""
        self._state.stopping.add(look, self.progress.step, self.trainee)
        self._state.log_look(look, self.progress)
        self.logs |= look.logs

    def save(self) -> None:
        """Write a checkpoint if one is due. Raises Interrupted after SIGINT or SIGTERM, with the state saved.

        Not where early stopping ends the run: its best weights are saved with the model.
        """
        if self._checkpointer is None or self._state.stopping.stops(self.plan):
            return
        interrupted = bool(self._caught) and self.progress.done < 1
        self._checkpointer.save(self.progress, self._state, now=interrupted)
        if interrupted:
            raise Interrupted(self._caught[0], self._checkpointer.folder.parent)

    def _end(self, state: State, stopped: str) -> Outcome:
        """The right weights into the trainee, and the history into its file."""
        if self._state.stopping.weights:
            self._state.stopping.restore(self.trainee)
        else:
            state.swap_average()  # also where the last step was done before the run was cut off
        if self.tuning is not None and self.tuning.solves_head == "last":
            self._state.log_end(solve_head(self.trainee, self.batches, self.tuning))
        history, warnings = self._state.history, self._state.warnings
        if self.folder is not None:
            write_whole(self.folder / "history.jsonl", "".join(json.dumps(row) + "\n" for row in history).encode())
        rows = state.step * self.batches.size if self._stepped else self.batches.rows
        cut = remark(self.plan, state.pieces, self.batches.size) if self._stepped else []
        told = () if self.tuning is None else self.tuning.told
        return Outcome(state.step, rows, state.seconds, history, stopped, (*warnings, *cut, *told))


def is_stepped(trainee: Trainee, tuning: Tuning | None) -> bool:
    """Is this run stepped (rather than solved in closed form)?"""
    return not (trainee.objective.solved or (tuning is not None and tuning.closed_form))
