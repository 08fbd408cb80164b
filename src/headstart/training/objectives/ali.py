"""Adversarially learned inference."""

import copy
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Augment, Backbone, Batch, Step
from headstart.core.contracts.ranges import Size, Weight
from headstart.core.random import normal
from headstart.training.latent.adversarial import accuracy, judging, misled, slope, told_apart
from headstart.training.latent.latent import IN_TRAINING, CodeHead, LatentModel, Layout, Likelihood


class Ali(LatentModel):
    """Learn to encode and to paint at once: (picture, code) and (painting, draw) must look alike.

    Dumoulin et al. (ICLR 2017), and BiGAN, Donahue et al. (ICLR 2017), whose E is a function as here. With E the
    backbone and an affine map to z, G its mirror, D a network like the backbone that sees a picture and a code, z drawn
    from N(0, I), and everything in the mean over rows:

        D        -log s(D(x, E(x))) - log(1 - s(D(G(z), z))) + penalty / 2 * |grad D(x, E(x))|^2
        E and G  -log(1 - s(D(x, E(x)))) - log s(D(G(z), z)) + cycle * -log p(x | G(E(x))) a value of the input

    The sum is one loss: D's terms see pictures and codes detached, E's and G's judge with D's weights detached
    (adversarial.py). Without `cycle` E and G are each other's inverse only where D cannot tell the pairs apart at
    all, and reconstructions are loose; with it they are bound (Li et al. NeurIPS 2017, "ALICE").
    """

    cpu_network = "mlp"
    advice: ClassVar[Mapping[str, Any]] = {"augment.shift": 0, "plan.lr": 1e-3, "plan.momentum": 0.5, "plan.batch": 128}

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        code: Size = 10,
        cycle: Weight = 10.0,
        penalty: Weight = 10.0,
        hidden: Size = 256,
        likelihood: Likelihood = "bernoulli",
    ) -> None:
        weights = {"cycle": cycle, "penalty": penalty}
        super().__init__(backbone, sample, augment, code=code, outputs=code, likelihood=likelihood, weights=weights)
        self.cycle, self.penalty = cycle, penalty
        self.discriminator = _Pairs(backbone, self.generator.layout, code, hidden)

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        ready = self.augment(batch)
        clean, code = ready["x"], self.encode(backbone, ready)
        drawn = normal(batch["key"], self.width, IN_TRAINING)
        again, new = self.generator(torch.cat([code, drawn])).float().chunk(2)  # [B, C, H, W] each
        pictures, codes = torch.cat([clean, self.output.mean(new)]), torch.cat([code, drawn])
        real, made = self.discriminator(pictures.detach(), codes.detach()).float().chunk(2)
        apart = told_apart(real, made)
        if self.penalty:
            apart = apart + self.penalty / 2 * slope(self.discriminator, clean, code.detach())
        seen, dreamt = misled(self.discriminator, pictures, codes).float().chunk(2)
        loss = apart + told_apart(dreamt, seen)
        if self.cycle:
            loss = loss + self.cycle * self.output.nll(again, clean, clean.new_ones(())).mean() / clean[0].numel()
        with torch.no_grad():
            mse = F.mse_loss(self.output.mean(again), clean)
        return Step(loss, {"mse": mse, "accuracy": accuracy(real, made)})


class _Pairs(nn.Module):
    """Pictures [B, C, H, W] and codes [B, L] -> a logit a pair, high for (picture, its code). [B, 1].

    A network like the backbone looks at the picture; it starts with the backbone's weights.
    """

    def __init__(self, backbone: Backbone, layout: Layout, code: int, hidden: int) -> None:
        super().__init__()
        self.eyes = copy.deepcopy(backbone)
        self.squeezer = CodeHead(layout, hidden)
        self.judge = judging(hidden + code, hidden)

    def forward(self, pictures: Tensor, codes: Tensor) -> Tensor:
        return self.judge(torch.cat([F.relu(self.squeezer(self.eyes({"x": pictures}))), codes], 1))
