"""The autoencoder objective: plain, denoising, sparse and contractive."""

from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from headstart.core.contracts import Augment, Backbone, Batch, Objective, Step
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.latent import Latent
from headstart.core.contracts.needs import Needs, fresh_decoder
from headstart.core.contracts.ranges import Weight
from headstart.core.errors import ContractError
from headstart.core.random import normal, uniform
from headstart.training.latent.latent import Layout, check_weights, flat

_STREAM = 1
_SLOPES = 11  # stream of the directions in which slopes are felt


class Autoencoder(Objective):
    """Squeeze the input through the backbone and paint it again; with `noise`, paint it clean from a spoilt copy.

    The decoder is the backbone's own mirror. Noise is what denoising autoencoders add (Vincent et al., JMLR 2010):
    "gaussian" of that standard deviation, or "mask", which blanks that part of the values. Loss: mean over all values
    of the squared error ("mse") or the binary cross-entropy ("bce", needs output "sigmoid" and pixels in [0, 1]).

    sparse       weight of mean |h| / sqrt(mean h^2) over the numbers h of a row's code: few are large, many near 0
                 (Hoyer, JMLR 2004). Unlike a bare L1 it cannot be met by making codes small and the decoder large
    contractive  weight of |dr/dx|^2 a value, r the reconstruction, so that small changes of the input are ignored
                 (Rifai et al. ICML 2011; of r instead of the code, since weights are not tied: Alain and Bengio, JMLR
                 2014). Felt in one direction v ~ N(0, I) a row: the expectation of |v dr/dx|^2 is |dr/dx|^2

    Both hold in training only, so that losses on held-out rows stay comparable.
    """

    needs = Needs(decoder=True)

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
        sparse: Weight = 0.0,
        contractive: Weight = 0.0,
    ) -> None:
        super().__init__(backbone, augment)
        self.noise, self.noise_kind, self.loss, self.output = noise, noise_kind, loss, output
        self.sparse, self.contractive = sparse, contractive
        if output == "sigmoid":
            _need_unit_pixels(augment, sample)
        elif loss == "bce":
            raise ContractError(
                211, "cross-entropy needs outputs between 0 and 1", where="objective.output", found="'linear'",
                expected="'sigmoid'", fix="set objective.output = 'sigmoid' and modality.scale = 'unit'",
            )  # fmt: skip
        check_weights({"sparse": sparse, "contractive": contractive})
        self.decoder = fresh_decoder(backbone)
        self.layout = Layout(backbone, augment.modality.ready(sample))

    @classmethod
    def network(cls, about: Circumstances) -> Choice:
        return Choice("mlp", "a small symmetric network reconstructs its input")

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        ready = self.augment(batch)
        clean, spoilt = ready["x"], self._spoilt(ready["x"], batch["key"])  # [B, C, H, W]
        if self.training and (self.sparse or self.contractive):
            return self._penalised(backbone, {**ready, "x": spoilt}, clean, batch["key"])
        return self._judged(self.decoder(backbone({**ready, "x": spoilt})), clean)

    def _judged(self, painted: Tensor, clean: Tensor) -> Step:
        if self.loss == "mse":
            loss = F.mse_loss(self._visible(painted), clean)
            return Step(loss, {"mse": loss.detach()})
        loss = F.binary_cross_entropy_with_logits(painted, clean)
        with torch.no_grad():
            return Step(loss, {"mse": F.mse_loss(painted.sigmoid(), clean)})

    def _penalised(self, backbone: Backbone, ready: Batch, clean: Tensor, key: Tensor) -> Step:
        with torch.enable_grad():  # slopes are part of the value, also for those who only look
            given = ready["x"].detach().requires_grad_()
            tokens = backbone({**ready, "x": given})
            painted = self.decoder(tokens)
            step = self._judged(painted, clean)
            loss, logs = step.loss, dict(step.logs)
            if self.sparse:
                crowd = crowding(flat(tokens).float()).mean()
                loss, logs["crowding"] = loss + self.sparse * crowd, crowd.detach()
            if self.contractive:
                slope = felt_slope(self._visible(painted), given, key).mean()
                loss, logs["slope"] = loss + self.contractive * slope, slope.detach()
        return Step(loss, logs)

    def encode(self, backbone: Backbone, batch: Batch) -> Tensor:
        return flat(backbone(batch))

    def decode(self, code: Tensor) -> Tensor:
        return self._visible(self.decoder(self.layout.tokens(code)))

    latent: ClassVar[Latent | None] = Latent(encode, decode)

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


def crowding(code: Tensor) -> Tensor:
    """How many numbers of a code [B, L] are in use, [B]: from 1 / sqrt(L), a single one, to 1, all alike."""
    return code.abs().mean(1) / (code.square().mean(1) + 1e-12).sqrt()


def felt_slope(painted: Tensor, given: Tensor, key: Tensor) -> Tensor:
    """|v dr/dx|^2 / values of x, [B], for one v ~ N(0, I) a row, drawn by its key; painted r and given x [B, ...]."""
    directions = normal(key, painted[0].numel(), _SLOPES).view_as(painted)
    (slopes,) = torch.autograd.grad(painted, given, directions.to(painted.dtype), create_graph=True)
    return slopes.float().square().flatten(1).mean(1)


def _need_unit_pixels(augment: Augment, sample: Batch) -> None:
    ready = augment.modality.ready(sample)["x"]
    if not torch.equal(augment.modality.view.denormalise(ready), ready):  # as people see them and as the network does
        raise ContractError(
            212, "a sigmoid cannot reconstruct standardised pixels", where="objective.output", found="'sigmoid'",
            expected="pixels in [0, 1]", fix="set modality.scale = 'unit', or objective.output = 'linear'",
        )  # fmt: skip
