"""The masked objective: hide a part of the input and predict it."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from torch import Tensor

from headstart.core import catalog
from headstart.core.contracts import Augment, Backbone, Batch, Objective, Step
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.ranges import Size


class Masked(Objective):
    """Hide a part of every row and predict it from the rest, in the way that suits the data and the network.

    Token ids: `mlm`. Tables: `mcm`. Pictures: `mae` where the network can encode any subset of its places (vit), else
    `simmim`. Every setting is that of the kind that is chosen; the others are ignored. "auto" is the kind's own
    default.
    """

    # hiding is the change that teaches; a mild crop is enough beside it (He et al. 2022, section 4.1 and appendix A.1)
    advice: ClassVar[Mapping[str, Any]] = {"augment.crop": 0.5, "plan.beta2": 0.95}

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        hide: float | Literal["auto"] = "auto",
        spans: Literal["token", "word", "span"] = "token",
        patch: int | Literal["auto"] = "auto",
        decoder_width: Size = 128,
        decoder_depth: Size = 2,
        decoder_heads: Size = 4,
        norm_pixels: bool = True,
    ) -> None:
        super().__init__(backbone, augment)
        settings: dict[str, Any] = {
            "hide": hide, "spans": spans, "patch": patch, "decoder_width": decoder_width,
            "decoder_depth": decoder_depth, "decoder_heads": decoder_heads, "norm_pixels": norm_pixels,
        }  # fmt: skip
        pictures = "mae" if backbone.any_subset else "simmim"
        kind = catalog.load("objectives", {"ids": "mlm", "cells": "mcm"}.get(augment.modality.spec.layout, pictures))
        own = {name: settings[name] for name in catalog.defaults(kind) if settings[name] != "auto"}
        self.guess: Objective = kind(backbone, sample, augment, **own)
        self.needs, self.metrics = self.guess.needs, self.guess.metrics

    @classmethod
    def network(cls, about: Circumstances) -> Choice | None:
        if about.local or about.spec.layout == "cells":
            return None  # boxes and masks are found on maps of several sizes; a table has no patches
        return Choice("vit", "hiding patches needs a backbone that takes any subset of places")

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        return self.guess(backbone, batch)

    def chance_loss(self, batch: int) -> float | None:
        return self.guess.chance_loss(batch)

    def illustrate(self, backbone: Backbone, batch: Batch) -> dict[str, Tensor]:
        return self.guess.illustrate(backbone, batch)
