"""Adversarial training with one loss: a discriminator, and the networks that learn to mislead it.

The optimizer has one loss, so both sides learn from one backward pass: `told_apart` reaches the discriminator alone
where its inputs are detached, `misled` reaches the other networks alone because it judges with detached weights.
Neither pulls against the other, as reversed gradients would; both are the non-saturating losses of Goodfellow et al.
(NeurIPS 2014, section 3).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

_LEAK = 0.2


def judging(inputs: int, hidden: int) -> nn.Sequential:
    """Two hidden layers -> one logit, high for what is real. [B, inputs] -> [B, 1]."""
    layers: list[nn.Module] = []
    for before in (inputs, hidden):
        layers += [nn.Linear(before, hidden), nn.LeakyReLU(_LEAK)]
    return nn.Sequential(*layers, nn.Linear(hidden, 1))


def told_apart(real: Tensor, made: Tensor) -> Tensor:
    """The discriminator's loss: -log s(real) - log(1 - s(made)), s the sigmoid, of logits [B, 1]; 2 ln 2 is chance."""
    return F.softplus(-real).mean() + F.softplus(made).mean()


def misled(discriminator: nn.Module, *inputs: Tensor) -> Tensor:
    """Logits [B, 1] of a discriminator that learns nothing from them; gradients reach the inputs."""
    weights = {name: weight.detach() for name, weight in discriminator.named_parameters()}
    return functional_call(discriminator, weights, inputs)


def slope(discriminator: nn.Module, *inputs: Tensor) -> Tensor:
    """Mean over rows of the squared gradient of the logit by its inputs, which keeps a contest calm (Mescheder et al.
    ICML 2018, "R1")."""
    with torch.enable_grad():
        known = [one.detach().requires_grad_() for one in inputs]
        slopes = torch.autograd.grad(discriminator(*known).sum(), known, create_graph=True)
    return torch.stack([one.square().flatten(1).sum(1).mean() for one in slopes]).sum()


def accuracy(real: Tensor, made: Tensor) -> Tensor:
    """How often the discriminator is right: 0.5 is chance, 1 says that it has won and teaches nothing any more."""
    with torch.no_grad():
        return ((real > 0).float().mean() + (made < 0).float().mean()) / 2
