"""THE loop: one generator that yields after every update; logging, saving and stopping are plain code in the caller."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch, Objective, Step, Task, Tuning
from headstart.core.errors import ContractError, DataError
from headstart.data.batches import Feed
from headstart.training.optimizer import State, build_optimizer, everything
from headstart.training.plan import Plan, pace, progress, total_steps
from headstart.training.precision import precision

Forward = Callable[[Backbone, Batch], Step]


@dataclass(frozen=True, slots=True)
class Trainee:
    """Who learns: a backbone and the objective or task on top of it."""

    backbone: Backbone
    objective: Objective


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


class NonFinite(DataError):
    """The loss became NaN or infinite; the update was not applied."""


def train(
    trainee: Trainee, batches: Feed, plan: Plan, tuning: Tuning | None = None, state: State | None = None
) -> Iterator[Progress]:
    """Follow the objective downhill until the plan's budget is used; yields after every update.

    With the `state` of an earlier run (and the weights of that moment in the trainee) it goes on exactly there.
    Raises NonFinite before an update that would ruin the weights, ContractError where the parts do not fit the plan.
    """
    state = state or State()
    backbone, objective = trainee.backbone, trainee.objective
    if objective.closed_form or (tuning is not None and tuning.closed_form):
        yield from _solve(trainee, batches, tuning, state)
        return
    if plan.accumulate > 1 and not objective.rowwise:
        fix = "set plan.accumulate=1"
        raise ContractError(130, "the loss compares the rows of a batch, so it cannot be accumulated", fix=fix)
    groups = tuning.groups(backbone, objective) if tuning else everything(backbone, objective)
    parameters = [p for group in groups for p in group.parameters]
    device = parameters[0].device
    total = total_steps(plan, batches.rows, batches.size)
    optimizer = build_optimizer(groups, plan)
    state.attach(optimizer, parameters, plan.ema)
    forward: Forward = torch.compile(objective) if plan.compile else objective
    mixed = precision(plan.precision, device, backbone)
    backbone.train()
    objective.train()
    began = time.perf_counter() - state.seconds
    for batch in batches.stream(state.step):
        done = progress(state.step, state.seconds, total, plan.minutes)
        if done >= 1.0:
            return
        rate = plan.lr * pace(done, plan)
        if tuning is not None:
            tuning.at(done)
        for options in optimizer.param_groups:
            options["lr"] = rate * options["group"].rate
        _seed_dropout(batches.seed, state.step, device)
        step = _backward(forward, backbone, batch, plan.accumulate, mixed)
        _refuse_ruin(step.loss, state.step, "loss")
        if plan.clip:
            _refuse_ruin(nn.utils.clip_grad_norm_(parameters, plan.clip), state.step, "gradient")
        optimizer.step()
        optimizer.zero_grad()
        objective.after_step(backbone)
        state.average()
        state.step += 1
        state.seconds = time.perf_counter() - began
        done = progress(state.step, state.seconds, total, plan.minutes)
        rows = state.step * batches.size
        yield Progress(state.step, total, done, state.seconds, rows, rate, step.loss, step.logs, state)


def _solve(trainee: Trainee, batches: Feed, tuning: Tuning | None, state: State) -> Iterator[Progress]:
    """The closed form: one pass over the data, one report."""
    if state.step:
        return
    began = time.perf_counter()
    trainee.backbone.eval()
    trainee.objective.eval()
    with torch.no_grad():
        if tuning is not None and tuning.closed_form:
            assert isinstance(trainee.objective, Task)
            pieces = batches.once(128)  # stays in a CPU's cache: a small ViT saw 273 pictures a second, 180 in 1024s
            step = tuning.solve(trainee.backbone, trainee.objective, pieces, batches.seed)
        else:
            step = trainee.objective.solve(trainee.backbone, batches.once(1024))
    state.step, state.seconds = 1, time.perf_counter() - began
    yield Progress(1, 1, 1.0, state.seconds, batches.rows, 0.0, step.loss, step.logs, state)


def _backward(
    forward: Forward, backbone: Backbone, batch: Batch, parts: int, mixed: AbstractContextManager[object]
) -> Step:
    """Loss and gradients of a batch, cut into `parts` weighted by their rows, so that the result does not change."""
    if parts == 1:
        with mixed:
            step = forward(backbone, batch)
        step.loss.backward()
        return Step(step.loss.detach(), step.logs)
    count = len(batch["key"])
    pieces = [{name: t.tensor_split(parts)[i] for name, t in batch.items()} for i in range(min(parts, count))]
    loss, logs = torch.zeros((), device=batch["key"].device), dict[str, Tensor]()
    for piece in pieces:
        share = len(piece["key"]) / count
        with mixed:
            step = forward(backbone, piece)
        (step.loss * share).backward()
        loss = loss + step.loss.detach() * share
        logs = {name: logs.get(name, 0.0) + value.detach() * share for name, value in step.logs.items()}
    return Step(loss, logs)


def _refuse_ruin(number: Tensor, step: int, name: str) -> None:
    if not math.isfinite(number.item()):  # 5 us; torch.isfinite takes 40
        raise NonFinite(
            190,
            f"the {name} is not finite; the update was not applied",
            where=f"step {step}",
            found=float(number),
            fix="lower plan.lr, set plan.clip=1 or plan.precision=float32, or look for broken rows in the data",
        )


def _seed_dropout(seed: int, step: int, device: torch.device) -> None:
    """Dropout draws from the device's own generator: make it a function of (seed, step), so that resuming is exact."""
    number = (seed * 1_000_003 + step) % (1 << 63)
    torch.default_generator.manual_seed(number)
    if device.type == "cuda":
        torch.cuda.manual_seed(number)


@contextmanager
def resting(trainee: Trainee) -> Iterator[None]:
    """Inside, the trainee is in eval mode without gradients; afterwards every module is back in its own mode."""
    modules = [m for part in (trainee.backbone, trainee.objective) for m in part.modules()]
    modes = [module.training for module in modules]
    trainee.backbone.eval()
    trainee.objective.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode
