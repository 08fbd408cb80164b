"""A probe first, then full fine-tuning from its head."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from torch import nn

from headstart.core.contracts import Backbone, Batch, Group, Objective, Plain, Step, Task, Tuning
from headstart.core.contracts.probe import LinearFit, LinearProbe
from headstart.models.nn.norms import batch_norms, rest
from headstart.training.linear.solved_head import fitted_head
from headstart.training.plan import STEPPED_TUNING


class Lpft(Tuning):
    """Fit a linear head to the fixed features, then train head and backbone together from there.

    A fresh head sends the backbone random gradients, which distort features that were good; a fitted one hardly moves
    them (Kumar et al., ICLR 2022). For tasks whose head can be linear. Batch norms keep their statistics, those of the
    features to which the head was fitted.

    solver       of the head, see the probe
    layer_decay  rate of a layer = decay ** (layers above it)
    """

    solves_head: ClassVar[Literal["never", "first", "last"]] = "first"
    needs_pretrained: ClassVar[bool] = True
    advice: ClassVar[Mapping[str, Any]] = STEPPED_TUNING

    def __init__(
        self, *, solver: Literal["auto", "logistic", "ridge", "svm"] = "auto", layer_decay: float = 1.0
    ) -> None:
        self.solver, self.layer_decay = solver, layer_decay
        self._resting: list[nn.Module] = []

    def groups(self, backbone: Backbone, task: Objective) -> list[Group]:
        self._resting = batch_norms(backbone)
        layers = backbone.layers()
        rates = [self.layer_decay ** (len(layers) - 1 - i) for i in range(len(layers))]
        found = [Group(f"layer {i}", list(layer.parameters()), rates[i]) for i, layer in enumerate(layers)]
        return [*found, Group("head", list(task.parameters()))]

    def at(self, done: float) -> None:
        rest(self._resting)

    def solve(self, backbone: Backbone, task: Task, batches: Iterable[Batch], seed: int) -> Step:
        return fitted_head(backbone, task, batches, self.fit, seed=seed)

    def fit(self, probe: LinearProbe, features: Plain, targets: np.ndarray, seed: int) -> LinearFit:
        return probe.fit(features, targets, solver=self.solver, seed=seed)
