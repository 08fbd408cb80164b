"""The contract of a tuning: what may change while a model adapts to a task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from torch import nn

from headstart.core.contracts.backbone import Backbone
from headstart.core.contracts.objective import Objective, Task
from headstart.core.contracts.probe import LinearFit, LinearProbe
from headstart.core.contracts.step import Step
from headstart.core.contracts.types import Batch, Plain

if TYPE_CHECKING:
    from headstart.core.contracts.choice import Adaptation, Suits


@dataclass(slots=True)
class Group:
    """Parameters that share a learning rate. `rate` multiplies the plan's; 0 means frozen now."""

    name: str
    parameters: list[nn.Parameter]
    rate: float = 1.0


class Tuning(ABC):
    """What may change while a model adapts to a task, and how fast.

    closed_form       it is not stepped but solved: features are computed once and the head is fitted to them
    solves_head       when the head of a stepped run is also solved: before the first step, or after the last one; then
                      held-out rows choose no weights, for until the end there is no head that could answer them
    rows_independent  the loss of a batch is the mean of the losses of its rows, so that it can be cut
    advice            settings of other parts that suit it where the user says nothing, e.g. {"plan.lr": 1e-3}
    needs_pretrained  it adapts pretrained weights
    lr_multiplier     how many times the learning rate that a backbone advises suits it
    unlabelled        train rows without labels that it wants beside the labelled ones; their targets are -100
    beside            how many of them a step has for each of the `plan.batch` labelled rows, and it needs some; 0: rows
                      come as they lie
    hides             one labelled row of so many is batch["hidden"]: steps have it among the rows without labels, and
                      it is for the tuning not to learn its target before it is asked for in the end; 0: none
    told              what to say when the run is over
    """

    closed_form: ClassVar[bool] = False
    solves_head: ClassVar[Literal["never", "first", "last"]] = "never"
    rows_independent: ClassVar[bool] = True
    needs_pretrained: ClassVar[bool] = False
    lr_multiplier: ClassVar[float] = 1.0
    advice: ClassVar[Mapping[str, Any]] = {}
    unlabelled: int = 0
    beside: ClassVar[int] = 0
    hides: ClassVar[int] = 0
    told: Sequence[str] = ()

    @classmethod
    def suits(cls, about: Adaptation) -> Suits | None:
        """How well it suits a model, a task and so many labels; None: it is taken only where somebody names it."""
        return None

    @classmethod
    def promising(cls, about: Adaptation) -> bool:
        """Is it worth a try, where candidates are compared on held-out rows?"""
        return cls.suits(about) is not None

    def begin(self, backbone: Backbone) -> None:  # noqa: B027 - a tuning that puts nothing in needs none
        """Once, when the parts are built and before any checkpoint is read: adapters go in here."""

    @abstractmethod
    def groups(self, backbone: Backbone, task: Objective) -> list[Group]:
        """Every parameter that may ever change, in groups."""

    def at(self, done: float) -> None:  # noqa: B027 - a tuning that never changes needs none
        """Progress in [0, 1]: set rates and `requires_grad` of the groups for the next step."""

    def step(self, task: Objective, backbone: Backbone, batch: Batch) -> Step:
        """The loss of a training batch: that of the task, unless the tuning brings its own."""
        return task(backbone, batch)

    def solve(self, backbone: Backbone, task: Task, batches: Iterable[Batch], seed: int) -> Step:
        """Fit the head in one go, in eval mode and without gradients. Only if `closed_form` or `solves_head`."""
        raise AssertionError(f"{type(self).__name__} does not solve a head")

    def fit(self, probe: LinearProbe, features: Plain, targets: np.ndarray, seed: int) -> LinearFit:
        """What `solve` does with features [n, F], of whatever they are, and targets [n, ...], -100 where unknown."""
        raise AssertionError(f"{type(self).__name__} does not fit features")

    def end(self, backbone: Backbone) -> None:  # noqa: B027 - a tuning that put nothing in needs none
        """Once, when the run is over and its best weights are on: what was put in comes out, with equal answers."""

    def files(self, backbone: Backbone, base: str) -> Mapping[str, bytes]:
        """Further files of the finished model by name; `base` is the name of what it started from."""
        return {}
