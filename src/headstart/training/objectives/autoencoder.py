"""The autoencoder objective, plain and denoising."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from headstart.core.contracts import Augment, Backbone, Batch, Objective, Step
from headstart.core.errors import ContractError
from headstart.core.random import normal, uniform

_STREAM = 1


class Autoencoder(Objective):
    """Squeeze the input through the backbone and paint it again; with `noise`, paint it clean from a spoilt copy.

    The decoder is the backbone's own mirror. Noise is what denoising autoencoders add (Vincent et al., JMLR 2010):
    "gaussian" of that standard deviation, or "mask", which blanks that part of the values. Loss: mean over all values
    of the squared error ("mse") or the binary cross-entropy ("bce", needs output "sigmoid" and pixels in [0, 1]).
    """

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        noise: float = 0.0,
        noise_kind: Literal["gaussian", "mask"] = "mask",
        loss: Literal["mse", "bce"] = "mse",
        output: Literal["linear", "sigmoid"] = "linear",
    ) -> None:
        super().__init__()
        self.augment = augment
        self.noise, self.noise_kind, self.loss, self.output = noise, noise_kind, loss, output
        if output == "sigmoid":
            _need_unit_pixels(augment, sample)
        elif loss == "bce":
            raise ContractError(
                211,
                "cross-entropy needs answers between 0 and 1",
                where="objective.output",
                found="'linear'",
                expected="'sigmoid'",
                fix="set objective.output = 'sigmoid' and modality.scale = 'unit'",
            )
        self.decoder = backbone.mirror()

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        ready = self.augment(batch)
        clean = ready["x"]  # [B, C, H, W]
        painted = self.decoder(backbone({**ready, "x": self._spoilt(clean, batch["key"])}))
        if self.loss == "mse":
            loss = F.mse_loss(self._visible(painted), clean)
            return Step(loss, {"mse": loss.detach()})
        loss = F.binary_cross_entropy_with_logits(painted, clean)
        with torch.no_grad():
            return Step(loss, {"mse": F.mse_loss(painted.sigmoid(), clean)})

    def illustrate(self, backbone: Backbone, batch: Batch) -> dict[str, Tensor]:
        with torch.no_grad():
            ready = self.augment(batch)
            spoilt = self._spoilt(ready["x"], batch["key"])
            painted = self._visible(self.decoder(backbone({**ready, "x": spoilt})))
        shown = {"input": ready["x"], "reconstruction": painted}
        return {**shown, "spoilt": spoilt} if self.noise else shown

    def _visible(self, painted: Tensor) -> Tensor:
        return painted.sigmoid() if self.output == "sigmoid" else painted

    def _spoilt(self, clean: Tensor, key: Tensor) -> Tensor:
        """The input with noise that is a function of each row's key."""
        if not self.noise:
            return clean
        count = clean[0].numel()
        if self.noise_kind == "mask":
            # 0 is the mean of a standardised pixel, and black of one in [0, 1]
            return clean * (uniform(key, count, _STREAM) >= self.noise).view_as(clean)
        return clean + self.noise * normal(key, count, _STREAM).view_as(clean)


def _need_unit_pixels(augment: Augment, sample: Batch) -> None:
    ready = augment.modality.ready(sample)["x"]
    if not torch.equal(augment.modality.unit(ready), ready):  # as people see them and as the network does
        raise ContractError(
            212,
            "a sigmoid cannot paint standardised pixels",
            where="objective.output",
            found="'sigmoid'",
            expected="pixels in [0, 1]",
            fix="set modality.scale = 'unit', or objective.output = 'linear'",
        )
