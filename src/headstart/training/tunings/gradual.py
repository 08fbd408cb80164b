"""Gradual unfreezing: the head first, then one layer after another from the output side."""

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import nn

from headstart.core.contracts import Backbone, Group, Objective, Tuning


class Gradual(Tuning):
    """Open one layer at a time from the output side, each slower than the one above (ULMFiT, on any backbone).

    The head learns first, alone; where a task has no weights of its own, the last layer is open from the start.

    layer_decay  rate of a layer = decay ** (layers above it); Howard and Ruder 2018, section 3.2, use 1 / 2.6
    opened       share of the run after which every layer is open
    """

    advice: ClassVar[Mapping[str, Any]] = {"plan.epochs": 20, "plan.min_steps": 200, "plan.lr": 1e-3, "plan.batch": 64}

    def __init__(self, *, layer_decay: float = 1 / 2.6, opened: float = 0.5) -> None:
        self.layer_decay, self.opened = layer_decay, opened
        self._layers: list[nn.Module] = []
        self._open = -1
        self._least = 0

    def groups(self, backbone: Backbone, task: Objective) -> list[Group]:
        self._layers = list(backbone.layers())
        rates = [self.layer_decay ** (len(self._layers) - 1 - i) for i in range(len(self._layers))]
        found = [Group(f"layer {i}", list(layer.parameters()), rates[i]) for i, layer in enumerate(self._layers)]
        self._open = -1
        self._least = 0 if list(task.parameters()) else 1
        return [*found, Group("head", list(task.parameters()))]

    def at(self, done: float) -> None:
        count = len(self._layers)
        opened = count if self.opened <= 0 else min(count, int(done / self.opened * (count + 1)))
        opened = max(opened, self._least)
        if opened == self._open:
            return
        self._open = opened
        for i, layer in enumerate(self._layers):
            free = i >= count - opened
            layer.train(free)  # a frozen batch norm keeps its statistics
            layer.requires_grad_(free)
