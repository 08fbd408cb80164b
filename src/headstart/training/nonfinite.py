"""A loss or gradient that is not finite: at which step, in which rows, in which module it began."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn

from headstart.core.contracts import Batch, Step
from headstart.core.errors import DataError
from headstart.data.batches import Feed
from headstart.training.microbatches import Learner

Forward = Callable[[Batch], Step]

SHOWN = 3  # rows named in the message
CURE = "lower plan.lr, set plan.clip=1 or plan.precision=float32"
BACK = "or pass --on-nan rollback to go on from the last checkpoint at half the rate"


class NonFinite(DataError):
    """The loss or a gradient became NaN or infinite; the update was not applied.

    `step` counts from 0; `rows` says where the rows came from whose own loss is ruined (empty where that are all, or
    rows cannot be told apart); `module` is the first whose output is not finite, or the last whose gradient is not.
    """

    def __init__(
        self, name: str, step: int, number: float, rows: list[str], module: str, size: int, tried: int = 0
    ) -> None:
        some = ", ".join(rows[:SHOWN]) + (", ..." if len(rows) > SHOWN else "")
        guilty = f", in {len(rows)} of {size} rows: {some}" if rows else ""
        super().__init__(
            190, f"the {name} is not finite; the update was not applied", where=f"step {step}",
            found=f"{number}, first in {module}{guilty}",
            fix=f"{'look at those rows, ' if rows else ''}{CURE}, "
            + (f"for going back {tried} times, to an eighth of the rate, did not help" if tried else BACK),
        )  # fmt: skip
        self.name, self.step, self.rows, self.module = name, step, rows, module
        self._number, self._size = number, size

    def in_vain(self, tried: int) -> NonFinite:
        """The same after so many ways back that did not help."""
        return NonFinite(self.name, self.step, self._number, self.rows, self.module, self._size, tried)


def refuse_ruin(number: Tensor, name: str, learner: Learner, batch: Batch, step: int, batches: Feed) -> None:
    """NonFinite if a loss or the length of a gradient is not finite; module buffers are left as they were."""
    if math.isfinite(number.item()):  # 5 us; torch.isfinite takes 40
        return
    trainee = learner.trainee
    modules = {"backbone": trainee.backbone, "objective": trainee.objective}
    gradient = _last_gradient(modules) if name == "gradient" else ""

    def again(part: Batch) -> Step:
        learner.seed_dropout(step, batch["key"].device)
        return learner(part)

    with torch.no_grad(), buffers_kept(trainee.backbone, trainee.objective):
        module = _first_weight(modules) or _first_output(again, batch, modules) or gradient or "the loss"
        places = _rows(again, batch) if learner.rows_independent else []
    trainee.backbone.zero_grad()  # whoever goes on from a checkpoint must not add to a ruined gradient
    trainee.objective.zero_grad()
    origins = batches.origins(step) if places else []
    raise NonFinite(name, step, float(number), [origins[place] for place in places], module, len(batch["key"]))


def _first_weight(modules: dict[str, nn.Module]) -> str:
    """A weight that is not finite already: then neither rows nor rate are to blame."""
    weights = {f"{part}.{name}": w for part, module in modules.items() for name, w in module.state_dict().items()}
    return next((f"the weights {name}" for name, weight in weights.items() if not bool(weight.isfinite().all())), "")


def _last_gradient(modules: dict[str, nn.Module]) -> str:
    """Gradients run backwards, so the last parameter with a ruined one is where it began."""
    ruined = ""
    for part, module in modules.items():
        for name, parameter in module.named_parameters():
            if parameter.grad is not None and not bool(parameter.grad.isfinite().all()):
                ruined = f"the gradient of {part}.{name}"
    return ruined


def _first_output(again: Forward, batch: Batch, modules: dict[str, nn.Module]) -> str:
    """The first module, in the order in which they are done, whose output is not finite."""
    if not all(bool(t.isfinite().all()) for t in batch.values() if t.is_floating_point()):
        return "the input"
    broken: list[str] = []

    def note(name: str, module: nn.Module, inputs: object, output: object) -> None:
        if not broken and not all(bool(t.isfinite().all()) for t in _tensors(output)):
            broken.append(f"{name} ({type(module).__name__})")

    inner = [(f"{part}.{name}", m) for part, whole in modules.items() for name, m in whole.named_modules() if name]
    handles = [module.register_forward_hook(partial(note, name)) for name, module in inner]
    try:
        again(batch)
    finally:
        for handle in handles:
            handle.remove()
    return broken[0] if broken else ""


def _tensors(output: object) -> Iterator[Tensor]:
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, tuple | list):
        for one in output:
            yield from _tensors(one)


def _rows(again: Forward, batch: Batch) -> list[int]:
    """Places in the batch whose loss alone is not finite; [] if all are."""
    count = len(batch["key"])
    alone = [{name: t[i : i + 1] for name, t in batch.items()} for i in range(count)]
    found = [i for i, row in enumerate(alone) if not bool(again(row).loss.isfinite())]
    return found if len(found) < count else []


@contextmanager
def buffers_kept(*modules: nn.Module) -> Iterator[None]:
    """Running statistics change with every look in training mode: put them back."""
    kept = [(buffer, buffer.clone()) for module in modules for buffer in module.buffers()]
    try:
        yield
    finally:
        for buffer, before in kept:
            buffer.copy_(before)
