"""The training loop: a generator that yields after every update; logging, saving and stopping are the caller's."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from headstart.core.contracts import Solved, Step, Tuning
from headstart.core.errors import ContractError
from headstart.data.batches import Feed
from headstart.training.microbatches import Learner, Trainee, backward
from headstart.training.nonfinite import refuse_ruin
from headstart.training.optimizer import State, build_optimizer, everything
from headstart.training.plan import Plan, progress, rate_factor, total_steps
from headstart.training.precision import precision


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands after an update. `loss` and `logs` stay on the device until somebody reads them."""

    step: int
    total: int | None
    done: float
    seconds: float
    rows: int
    rate: float
    loss: Tensor
    logs: Mapping[str, Tensor]
    state: State


def train(
    trainee: Trainee, batches: Feed, plan: Plan, tuning: Tuning | None = None, state: State | None = None
) -> Iterator[Progress]:
    """Follow the objective downhill until the plan's budget is used; yields after every update.

    With the `state` of an earlier run (and the weights of that moment in the trainee) it goes on exactly there.
    A head that the tuning solves after the last step is the caller's: `solve_head`.
    Where memory runs out on a batch, it is learned in pieces with the same loss. Raises NonFinite before an update that
    would ruin the weights, ContractError where the parts do not fit the plan, StorageError where no piece fits.
    """
    state = state or State()
    backbone, objective = trainee.backbone, trainee.objective
    if objective.solved or (tuning is not None and tuning.closed_form):
        yield from _solve(trainee, batches, tuning, state)
        return
    if tuning is not None and tuning.solves_head == "first" and not state.step:
        solve_head(trainee, batches, tuning)
    groups = tuning.groups(backbone, objective) if tuning else everything(backbone, objective)
    parameters = [p for group in groups for p in group.parameters]
    device = parameters[0].device
    total = total_steps(plan, batches.rows, batches.size)
    optimizer = build_optimizer(groups, plan)
    state.attach(optimizer, parameters, plan.ema)
    state.pieces = max(state.pieces, plan.accumulate)
    forward: Any = torch.compile(objective) if plan.compile else objective
    mixed = precision(plan.precision, device, backbone)
    learner = Learner(trainee=trainee, forward=forward, mixed=mixed, seed=batches.seed, tuning=tuning)
    if plan.accumulate > 1 and not learner.rows_independent:
        fix = "set plan.accumulate=1"
        raise ContractError(130, "the loss compares the rows of a batch, so it cannot be accumulated", fix=fix)
    backbone.train()
    objective.train()
    began = time.perf_counter() - state.seconds
    for batch in batches.stream(state.step):
        done = progress(state.step, state.seconds, total, plan.minutes)
        if done >= 1.0:
            return
        rate = plan.lr * state.slowed * rate_factor(done, plan.schedule, warmup=plan.warmup, final=plan.final)
        if tuning is not None:
            tuning.at(done)
        for options in optimizer.param_groups:
            options["lr"] = rate * options["group"].rate
        step = backward(learner, batch, state)
        refuse_ruin(step.loss, "loss", learner, batch, state.step, batches)
        refuse_ruin(_clipped(parameters, plan.clip), "gradient", learner, batch, state.step, batches)
        optimizer.step()
        optimizer.zero_grad()
        objective.after_step(backbone)
        state.average()
        state.step += 1
        state.seconds = time.perf_counter() - began
        done = progress(state.step, state.seconds, total, plan.minutes)
        rows = state.step * batches.size
        yield Progress(state.step, total, done, state.seconds, rows, rate, step.loss, step.logs, state)


def solve_head(trainee: Trainee, batches: Feed, tuning: Tuning) -> Step:
    """Fit the head in closed form on the features that the backbone has now, as the tuning does it."""
    task = trainee.objective.as_task
    assert task is not None
    with resting(trainee):
        # 128 stays in a CPU's cache: a small ViT saw 273 pictures a second, 180 in 1024s
        return tuning.solve(trainee.backbone, task, batches.once(128), batches.seed)


def _solve(trainee: Trainee, batches: Feed, tuning: Tuning | None, state: State) -> Iterator[Progress]:
    """The closed form: one pass over the data, one report."""
    if state.step:
        return
    began = time.perf_counter()
    trainee.backbone.eval()
    trainee.objective.eval()
    if tuning is not None and tuning.closed_form:
        step = solve_head(trainee, batches, tuning)
    else:
        assert isinstance(trainee.objective, Solved)
        with torch.no_grad():
            step = trainee.objective.solve(trainee.backbone, batches.once(1024))
    state.step, state.seconds = 1, time.perf_counter() - began
    yield Progress(1, 1, 1.0, state.seconds, batches.rows, 0.0, step.loss, step.logs, state)


def _clipped(parameters: list[nn.Parameter], clip: float) -> Tensor:
    """Length of the gradient, which is shortened to `clip` (0: left as it is)."""
    if clip:
        return nn.utils.clip_grad_norm_(parameters, clip)
    return nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])


@contextmanager
def resting(trainee: Trainee) -> Iterator[None]:
    """Inside, the trainee is in eval mode without gradients; afterwards every module is back in its own mode."""
    with unmoved(trainee), torch.no_grad():
        yield


@contextmanager
def unmoved(trainee: Trainee) -> Iterator[None]:
    """Inside, the trainee is in eval mode; gradients are the caller's own matter."""
    modules = [m for part in (trainee.backbone, trainee.objective) for m in part.modules()]
    modes = [module.training for module in modules]
    trainee.backbone.eval()
    trainee.objective.eval()
    try:
        yield
    finally:
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode
