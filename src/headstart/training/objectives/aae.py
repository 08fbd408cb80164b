"""The adversarial autoencoder."""

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
import torch.nn.functional as F

from headstart.core.contracts import Augment, Backbone, Batch, Step
from headstart.core.contracts.ranges import Size, Weight
from headstart.core.random import normal
from headstart.training.latent.adversarial import accuracy, judging, misled, slope, told_apart
from headstart.training.latent.latent import IN_TRAINING, LatentModel, Likelihood


class Aae(LatentModel):
    """Squeeze and paint as an autoencoder, while a discriminator sees to it that codes look drawn from a bell curve.

    Makhzani et al. (2015, "Adversarial autoencoders"). With E the backbone and an affine map to z, G its mirror, D the
    discriminator, z drawn from N(0, I), and everything in the mean over rows:

        reconstruction   -log p(x | G(E(x))) a value of the input
        D                -log s(D(z)) - log(1 - s(D(E(x)))) + penalty / 2 * (|grad D(z)|^2 + |grad D(E(x))|^2)
        E                -weight * log s(D(E(x)))

    Their sum is one loss: D's terms see E(x) detached, E's term judges with D's weights detached
    (latent/adversarial.py). `summary` stays that of the backbone.

    code        width of z
    weight      how much E cares for D
    penalty     how flat D has to be
    hidden      units of D's two hidden layers
    likelihood  "bernoulli", cross-entropy of pixels in [0, 1]; or "gaussian", squared error of values of any range

    Logs: `mse` in ready values; `accuracy` of D, where 0.5 says that codes cannot be told from draws, and 1 that D has
    won and teaches nothing.
    """

    cpu_network = "mlp"
    # Adam with a long memory of slopes circles in a contest (Radford et al. ICLR 2016, section 3)
    advice: ClassVar[Mapping[str, Any]] = {"augment.shift": 0, "plan.lr": 2e-3, "plan.momentum": 0.5, "plan.batch": 128}

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        code: Size = 10,
        weight: Weight = 0.1,
        penalty: Weight = 1.0,
        hidden: Size = 256,
        likelihood: Likelihood = "bernoulli",
    ) -> None:
        weights = {"weight": weight, "penalty": penalty}
        super().__init__(backbone, sample, augment, code=code, outputs=code, likelihood=likelihood, weights=weights)
        self.weight, self.penalty = weight, penalty
        self.discriminator = judging(code, hidden)

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        ready = self.augment(batch)
        clean, code = ready["x"], self.encode(backbone, ready)
        painted = self.generator(code).float()
        missed = self.output.nll(painted, clean, clean.new_ones(())).mean() / clean[0].numel()
        drawn, given = normal(batch["key"], self.width, IN_TRAINING), code.detach()
        real, made = self.discriminator(drawn).float(), self.discriminator(given).float()
        apart = told_apart(real, made)
        if self.penalty:
            apart = apart + self.penalty / 2 * (slope(self.discriminator, drawn) + slope(self.discriminator, given))
        fooling = F.softplus(-misled(self.discriminator, code).float()).mean()
        with torch.no_grad():
            mse = F.mse_loss(self.output.mean(painted), clean)
        return Step(missed + self.weight * fooling + apart, {"mse": mse, "accuracy": accuracy(real, made)})
