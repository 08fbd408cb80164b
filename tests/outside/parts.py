"""A backbone and an objective from outside, for steps in time and for plain vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from headstart.core.contracts import Augment, Backbone, Batch, Objective, Step
from headstart.core.contracts.needs import Needs
from headstart.core.contracts.spec import Spec
from headstart.core.contracts.tokens import Tokens
from headstart.core.random import normal


class Steps(Backbone):
    """Every step embedded by an affine map, then mixed with its neighbours twice. x [B, T, C] -> [B, T, width]."""

    layouts: ClassVar[frozenset[str]] = frozenset({"steps", "cells"})

    def __init__(self, spec: Spec, *, width: int = 16, depth: int = 2) -> None:
        super().__init__()
        self.width = width
        self.enter = nn.Linear(spec.sizes["columns" if spec.layout == "cells" else "channels"], width)
        self.mix = nn.ModuleList(nn.Conv1d(width, width, 3, padding=1) for _ in range(depth))

    def embed(self, batch: Batch) -> Tokens:
        x, keep = self.enter(batch["x"]), _kept(batch)
        if x.dim() == 2:  # a vector is one step
            x, keep = x[:, None], keep[:, None]
        return Tokens(x, keep, (x.shape[1],))  # [B, T, width]

    def encode(self, tokens: Tokens) -> Tokens:
        x = tokens.x * tokens.keep[..., None]
        for layer in self.mix:
            x = x + torch.relu(layer(x.transpose(1, 2)).transpose(1, 2))
        return tokens.with_x(x)

    def layers(self) -> Sequence[nn.Module]:
        return [self.enter, *self.mix]


class Denoise(Objective):
    """Add noise to every value and guess the clean one (Vincent et al. 2008).

    sigma  deviation of the noise, in units of the ready values
    """

    needs: ClassVar[Needs] = Needs(layouts=frozenset({"steps", "cells"}))

    def __init__(self, backbone: Backbone, sample: Batch, augment: Augment, *, sigma: float = 0.5) -> None:
        super().__init__(backbone, augment)
        self.sigma = sigma
        self.clean = nn.Linear(backbone.width, augment.modality.ready(sample)["x"].shape[-1])

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        ready = self.augment(batch)
        guess, keep = self._guess(backbone, ready, batch["key"]), _kept(ready)[..., None]
        error = ((guess - ready["x"]).square() * keep).flatten(1).sum(1)
        rows = error / keep.flatten(1).sum(1) / guess.shape[-1]  # [B]
        return Step(rows.mean(), {"mse": rows.mean().detach()})

    def illustrate(self, backbone: Backbone, batch: Batch) -> dict[str, Tensor]:
        ready = self.augment(batch)
        return {"input": ready["x"], "reconstruction": self._guess(backbone, ready, batch["key"])}

    def _guess(self, backbone: Backbone, ready: Batch, key: Tensor) -> Tensor:
        x = ready["x"]
        noise = normal(key, x[0].numel(), 91).view_as(x) * self.sigma
        return self.clean(backbone({**ready, "x": x + noise}).body).view_as(x)


def _kept(batch: Batch) -> Tensor:
    """[B, T] or, of vectors, [B]: all that is no padding."""
    return batch["keep"] if "keep" in batch else torch.ones_like(batch["x"][..., 0], dtype=torch.bool)
