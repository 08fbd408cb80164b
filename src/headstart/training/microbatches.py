"""Loss and gradients of a batch: whole, or the same from pieces of it where memory asks for that."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch, Objective, Step, Tuning
from headstart.core.errors import StorageError
from headstart.training.optimizer import State
from headstart.training.plan import Plan

# what allocators say: CUDA, the CPU on Linux and Windows, Metal, C++
_SAID = ("out of memory", "can't allocate memory", "not enough memory", "bad_alloc", "bad allocation")


@dataclass(frozen=True, slots=True)
class Trainee:
    """Who learns: a backbone and the objective or task on top of it."""

    backbone: Backbone
    objective: Objective


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """One forward pass in training: the objective (or what the compiler made of it), tuning, precision, dropout."""

    trainee: Trainee
    forward: Objective
    mixed: AbstractContextManager[object]
    seed: int
    tuning: Tuning | None = None

    @property
    def rows_independent(self) -> bool:
        """Is the loss of a batch the mean of the losses of its rows, so that it can be cut?"""
        own = self.tuning is None or self.tuning.rows_independent
        return own and self.trainee.objective.needs.rows_independent

    def seed_dropout(self, step: int, device: torch.device) -> None:
        """Dropout draws from the device's own generator: as a function of (seed, step) it resumes exactly."""
        number = (self.seed * 1_000_003 + step) % (1 << 63)
        torch.default_generator.manual_seed(number)
        if device.type == "cuda":
            torch.cuda.manual_seed(number)

    def __call__(self, batch: Batch) -> Step:
        with self.mixed:
            if self.tuning is not None:
                return self.tuning.step(self.forward, self.trainee.backbone, batch)
            return self.forward(self.trainee.backbone, batch)


def backward(learner: Learner, batch: Batch, state: State) -> Step:
    """Loss and gradients of a batch in `state.pieces` pieces; more of them from now on if memory runs out.

    StorageError if it cannot be cut, or a single row is too much.
    """
    device, trainee = batch["key"].device, learner.trainee
    while True:
        learner.seed_dropout(state.step, device)
        try:
            return _in_pieces(learner, batch, state.pieces)
        except (MemoryError, RuntimeError) as cause:
            if not _exhausted(cause):
                raise
            message = (str(cause) or "MemoryError").splitlines()[0][:120]
        # outside of the handler, whose traceback holds what took the memory
        state.pieces = _more(state.pieces, len(batch["key"]), learner, message)
        trainee.backbone.zero_grad()
        trainee.objective.zero_grad()
        if device.type == "cuda":
            torch.cuda.empty_cache()


def _in_pieces(learner: Learner, batch: Batch, count: int) -> Step:
    """Pieces are weighted by their rows, so that the result does not change."""
    if count == 1:
        step = learner(batch)
        step.loss.backward()
        return Step(step.loss.detach(), step.logs)
    rows = len(batch["key"])
    pieces = [{name: t.tensor_split(count)[i] for name, t in batch.items()} for i in range(min(count, rows))]
    loss, logs = torch.zeros((), device=batch["key"].device), dict[str, Tensor]()
    for piece in pieces:
        share = len(piece["key"]) / rows
        step = learner(piece)
        (step.loss * share).backward()
        loss = loss + step.loss.detach() * share
        logs = {name: logs.get(name, 0.0) + value.detach() * share for name, value in step.logs.items()}
    return Step(loss, logs)


def _exhausted(cause: BaseException) -> bool:
    """Is this an out-of-memory error?"""
    typed = isinstance(cause, MemoryError | torch.OutOfMemoryError)
    return typed or any(said in str(cause).lower() for said in _SAID)


def _more(pieces: int, rows: int, learner: Learner, message: str) -> int:
    """Twice as many pieces of a batch of so many rows; StorageError if the loss of pieces would be another."""
    found, fewer = f"{-(-rows // pieces)} rows at once, {message}", f"set plan.batch={max(1, rows // 2)}"
    if not learner.rows_independent:
        raise StorageError(320, "memory ran out, and the loss compares the rows of a batch", found=found, fix=fewer)
    if any(isinstance(m, nn.modules.batchnorm._BatchNorm) and m.training for m in learner.trainee.backbone.modules()):
        fix = f"{fewer}, or use a norm that looks at one row"
        raise StorageError(321, "memory ran out, and batch norm binds the rows of a batch", found=found, fix=fix)
    if pieces >= rows:
        fix = "use a smaller network, shorter rows or a machine with more memory"
        raise StorageError(322, "not even one row fits into memory", found=message, fix=fix)
    return min(rows, 2 * pieces)


def remark(plan: Plan, pieces: int, rows: int) -> list[str]:
    """What a person should know of a run whose batches had to be cut."""
    if pieces <= plan.accumulate:
        return []
    text = f"memory ran out at {rows} rows at once; they were learned in pieces of {-(-rows // pieces)}, loss unchanged"
    return [f"{text} (plan.accumulate={pieces} asks for that from the start)"]
