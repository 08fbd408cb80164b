"""The optimizer and the state of a run: what must be saved, besides the weights, to go on exactly."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Group, Objective
from headstart.core.errors import RecipeError
from headstart.training.fused import SGD, Adam, AdamW, Descent
from headstart.training.plan import Plan


def everything(backbone: Backbone, objective: Objective) -> list[Group]:
    """All parameters that want a gradient, at one rate."""
    return [Group("all", [p for part in (backbone, objective) for p in part.parameters() if p.requires_grad])]


def build_optimizer(groups: Sequence[Group], plan: Plan) -> Descent:
    """One optimizer over the groups; biases and norms (fewer than two axes) are never decayed."""
    options = []
    for group in groups:
        decayed = [p for p in group.parameters if plan.weight_decay and p.ndim >= 2]
        spared = [p for p in group.parameters if not plan.weight_decay or p.ndim < 2]
        for chosen, decay in ((decayed, plan.weight_decay), (spared, 0.0)):
            if chosen:
                options.append({"params": chosen, "weight_decay": decay, "group": group})
    if plan.optimizer == "sgd":
        return SGD(options, plan.lr, momentum=plan.momentum)
    return (AdamW if plan.optimizer == "adamw" else Adam)(options, plan.lr, betas=(plan.momentum, plan.beta2))


@dataclass(slots=True)
class State:
    """Step, time, optimizer moments and averaged weights. Given back to `train`, a run goes on exactly where it was.

    pieces  how many a batch is cut into because memory ran out on the whole (1: it never did)
    slowed  factor on the learning rate since the run went back from a ruined step
    """

    step: int = 0
    seconds: float = 0.0
    saved: dict[str, Tensor] = field(default_factory=dict)
    pieces: int = 1
    slowed: float = 1.0
    _optimizer: Descent | None = None
    _parameters: list[nn.Parameter] = field(default_factory=list)
    _averages: list[Tensor] = field(default_factory=list)
    _decay: float = 0.0

    def attach(self, optimizer: Descent, parameters: list[nn.Parameter], decay: float) -> None:
        """Take the live optimizer; put what was saved back into it.

        RecipeError if that is of another optimizer, or of other parameters.
        """
        self._optimizer, self._parameters, self._decay = optimizer, parameters, decay
        self._averages = [p.detach().clone() for p in parameters] if decay else []
        known = {*optimizer.moments, "average"} if decay else set(optimizer.moments)
        odd = [n for n in self.saved if n.partition(".")[2] not in known or int(n.partition(".")[0]) >= len(parameters)]
        if odd:
            fix = "put plan.optimizer, plan.momentum, plan.ema and the tuning back, or pass --overwrite to start again"
            raise RecipeError(161, "the checkpoint belongs to another optimizer or tuning", found=odd[0], fix=fix)
        for name, tensor in self.saved.items():
            place, _, key = name.partition(".")
            parameter = parameters[int(place)]
            if key == "average":
                self._averages[int(place)] = tensor.to(parameter.device)
            else:
                optimizer.state[parameter][key] = _beside(parameter, tensor)
        self.saved = {}

    def average(self) -> None:
        """Update the moving average of the weights."""
        if self._decay:
            decay = min(self._decay, (1 + self.step) / (10 + self.step))  # warm start, else the first weights linger
            for average, parameter in zip(self._averages, self._parameters, strict=True):
                average.lerp_(parameter.detach(), 1 - decay)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Inside, the model has its averaged weights (if there are any)."""
        self.swap_average()
        try:
            yield
        finally:
            self.swap_average()

    def swap_average(self) -> None:
        """Exchange the weights and their average (if there is one)."""
        for average, parameter in zip(self._averages, self._parameters, strict=False):
            now = parameter.detach().clone()
            parameter.data.copy_(average)
            average.copy_(now)

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor of the state under a flat name, `{parameter number}.{moment}`."""
        if self._optimizer is None:
            return dict(self.saved)
        states = enumerate(self._optimizer.state[parameter] for parameter in self._parameters)
        moments = {f"{place}.{key}": value for place, state in states for key, value in state.items()}
        return moments | {f"{place}.average": value for place, value in enumerate(self._averages)}


def _beside(parameter: Tensor, saved: Tensor) -> Tensor:
    """A copy that lies in memory as the parameter does: fused kernels pair the numbers of both by their place there,
    and weights may be channels last."""
    if saved.shape != parameter.shape:
        return saved.clone().to(parameter.device)  # Adam's step count
    return torch.empty_like(parameter, dtype=saved.dtype).copy_(saved)
