"""A start whose network has fresh weights: what pretrained weights themselves are worth is measured against it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.core import catalog
from headstart.core.contracts import Backbone, Modality
from headstart.core.contracts.spec import Spec
from headstart.models.headless import Headless
from headstart.models.start import Start
from headstart.models.trust.size_limit import allowance
from headstart.models.trust.weights import inspect_all

PREFIX = "fresh:"


@dataclass(frozen=True)
class FreshStart(Headless):
    """The network and preprocessing of another start, without anything that it learned; `fresh:NAME` opens it.

    Weights are drawn from torch's generator whenever the network is built.
    """

    @property
    def config(self) -> Mapping[str, Any]:
        """Without the objective or task, whose head it has not."""
        return {name: part for name, part in self.of.config.items() if name not in ("objective", "task")}

    @property
    def facts(self) -> Mapping[str, Any]:
        return {**self.of.facts, "weights": f"fresh {self.of.facts['weights']}"}

    @property
    def finished(self) -> bool:
        return True

    @property
    def whole(self) -> bool:
        return True

    def on(self, modality: Modality, kind: str) -> Start:
        return self

    @property
    def any_form(self) -> bool:
        return self.of.any_form

    @property
    def spec(self) -> Spec:
        return self.of.spec

    def modality(self) -> Modality:
        return self.of.modality()

    def backbone(self) -> Backbone:
        """Checked like the other's own: no more is made than its files hold weights for."""
        table = self.config["backbone"]
        network = catalog.part(catalog.load_saved("backbones", table["kind"]), table, "backbone")
        with allowance(inspect_all(self.path), self.path):
            made: Backbone = network.build(self.spec)
        return made

    def seen(self) -> np.ndarray:
        return np.empty(0, np.uint64)

    def sketches(self) -> np.ndarray:
        return np.empty((0, 8), np.uint8)
