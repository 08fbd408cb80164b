"""The variational autoencoder."""

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from headstart.core.contracts import Augment, Backbone, Batch, Step
from headstart.core.contracts.ranges import Size, Weight
from headstart.core.random import normal
from headstart.training.latent.latent import IN_TRAINING, LatentModel, Likelihood

_KEPT = 0.9  # share of the known variance that a step leaves
_SILENT = 0.01  # nats: a number of the code that says less on average is not in use
_STEEP = 10.0  # bounds of the log-variance, beyond which an early step may overflow


class Vae(LatentModel):
    """Turn every picture into a small bell curve of codes, and paint it from any of them; new codes paint new pictures.

    Kingma and Welling (ICLR 2014). With q(z|x) = N(mean(x), variance(x)) from the backbone and p(x|z) from its mirror,
    the loss is the negative evidence bound, -log p(x|z) + beta * KL(q(z|x) || N(0, I)), in nats a value of the input:
    so it does not grow with the picture. The network is the usual one; `summary` stays that of the backbone.

    code        width of z
    beta        weight of the divergence (Higgins et al. ICLR 2017): above 1 fewer numbers of z are used
    free_bits   nats that every number of z may say for nothing, against codes that say nothing (Kingma et al. NeurIPS
                2016; there of the mean over the batch, here of each row, so that the loss stays a mean over rows)
    likelihood  "bernoulli", cross-entropy of pixels in [0, 1]; or "gaussian" for values of any range, whose variance is
                the best for the present errors (Rybkin et al. ICML 2021), a moving average of them

    Logs: `mse` in ready values, `kl` in nats a row, `active`, the numbers of z with more than 0.01 nats. Where that is
    0 the posterior has collapsed: nothing of the input is in z.
    """

    cpu_network = "mlp"
    # a shifted copy would be painted as often as the data themselves
    advice: ClassVar[Mapping[str, Any]] = {"augment.shift": 0, "plan.lr": 2e-3, "plan.batch": 128}

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        code: Size = 16,
        beta: Weight = 1.0,
        free_bits: Weight = 0.0,
        likelihood: Likelihood = "bernoulli",
    ) -> None:
        weights = {"beta": beta, "free_bits": free_bits}
        super().__init__(backbone, sample, augment, code=code, outputs=2 * code, likelihood=likelihood, weights=weights)
        self.beta, self.free_bits = beta, free_bits
        self.register_buffer("variance", torch.ones(()))
        self.variance: Tensor
        self._missed = torch.ones(())

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        ready = self.augment(batch)
        mean, spread = self.squeezer(backbone(ready)).float().chunk(2, 1)  # [B, L] each, mean and log-variance
        spread = spread.clamp(-_STEEP, _STEEP)
        code = mean + (spread / 2).exp() * normal(batch["key"], self.width, IN_TRAINING)
        painted, clean = self.generator(code).float(), ready["x"]
        divergence = (mean.square() + spread.exp() - 1 - spread) / 2  # [B, L] nats
        said = divergence.clamp_min(self.free_bits) if self.free_bits else divergence
        loss = (self.output.nll(painted, clean, self.variance) + self.beta * said.sum(1)).mean() / clean[0].numel()
        with torch.no_grad():
            mse = F.mse_loss(self.output.mean(painted), clean)
            active = (divergence.mean(0) > _SILENT).sum().float()
            if self.training:
                self._missed = mse
            return Step(loss, {"mse": mse, "kl": divergence.sum(1).mean(), "active": active})

    def after_step(self, backbone: Backbone) -> None:
        """The best variance follows the errors; only now, so that all pieces of a batch are judged by one."""
        self.variance.lerp_(self._missed.to(self.variance), 1 - _KEPT)
