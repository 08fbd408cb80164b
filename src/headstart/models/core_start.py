"""A start of which only the inner layers are taken: the first ones, which read the data, are fresh."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from headstart.core import catalog
from headstart.core.contracts import Backbone, Modality
from headstart.core.contracts.core import Core
from headstart.core.contracts.spec import Spec
from headstart.core.errors import ContractError
from headstart.models.headless import Headless
from headstart.models.start import Start

CORE = "core:"


@dataclass(frozen=True)
class CoreStart(Headless):
    """The inner layers of another start, for data of any kind that its network reads; `core:NAME` opens it.

    It brings no preprocessing: `reads` is that of the data at hand, of a `kind`, None until `on` was asked. Without
    `filled` the layers are fresh too. What is fresh (first layers, and the norm behind them where the other network has
    none) is drawn from torch's generator whenever the network is built. Across kinds of data: Lu et al. (AAAI 2022).
    """

    reads: Modality | None = None
    kind: str = ""
    filled: bool = True

    def on(self, modality: Modality, kind: str) -> Start:
        """ContractError for a network that does not read such data, or has no inner layers of its own."""
        self._core(modality.spec)
        return replace(self, reads=modality, kind=kind)

    @property
    def whole(self) -> bool:
        return False

    @property
    def config(self) -> Mapping[str, Any]:
        """Without objective or task; settings of the network are those that its inner layers need."""
        table, kept = self.of.config["backbone"], {"kind": self.of.config["backbone"]["kind"]}
        core = catalog.load_saved("backbones", table["kind"]).core
        kept |= {} if core is None else {name: table[name] for name in sorted(core.settings) if name in table}
        if self.reads is None:
            return {"backbone": kept, "facts": self.of.config["facts"], "modality": self.of.config["modality"]}
        return {"backbone": kept, "facts": dict(self.reads.spec.sizes), "modality": {"kind": self.kind}}

    @property
    def facts(self) -> Mapping[str, Any]:
        name, weights = self.of.facts.get("name", self.path.name), str(self.of.facts["weights"])
        more = {"name": f"inner layers of {name}", "weights": weights if self.filled else f"fresh {weights}"}
        return {**self.of.facts, **more}

    @property
    def finished(self) -> bool:
        return self.of.finished

    @property
    def any_form(self) -> bool:
        return True

    @property
    def spec(self) -> Spec:
        return self.modality().spec

    def modality(self) -> Modality:
        return self.of.modality() if self.reads is None else self.reads

    def backbone(self) -> Backbone:
        """A fresh network for the data, with the inner layers of the other one."""
        core, table = self._core(self.spec), self.config["backbone"]
        made: Backbone = catalog.part(catalog.load_saved("backbones", table["kind"]), table, "backbone").build(
            self.spec
        )
        if self.filled:
            known = core.modules(self.of.backbone())
            for name, layer in core.modules(made).items():
                own, given = layer.state_dict(), known[name].state_dict()
                layer.load_state_dict({key: given.get(key, value) for key, value in own.items()})
        return made

    def seen(self) -> np.ndarray:
        return self.of.seen()

    def sketches(self) -> np.ndarray:
        return self.of.sketches()

    def _core(self, spec: Spec) -> Core:
        kind = self.of.config["backbone"]["kind"]
        network: type[Backbone] = catalog.load_saved("backbones", kind)
        if network.core is None:
            fix = "use a model with encoder, decoder, dilated or rnn, or give data of its own kind to the whole model"
            raise ContractError(
                910, "no inner layers of this network can be taken alone", where=self.path, found=kind, fix=fix
            )
        if spec.layout not in network.layouts:
            found, expected = "data with " + ", ".join(spec.sizes), " or ".join(sorted(network.layouts))
            fix = (
                "use a model whose network reads such data, such as an encoder for texts, sequences, series and tables"
            )
            raise ContractError(
                911, f"{kind} does not read these data", where=self.path, found=found, expected=expected, fix=fix
            )
        return network.core
