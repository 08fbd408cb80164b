"""The multi-layer perceptron backbone."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar, Literal

from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.ranges import Share, Sizes
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import ContractError
from headstart.models.nn.patches import shape_of
from headstart.models.nn.perceptron import Activation, activation
from headstart.models.nn.pixel_decoder import VectorDecoder

Norm = Literal["none", "layer", "batch"]


class Mlp(Backbone):
    """Fully connected layers over all the values of a row: small, fast, no idea of space.

    x [B, C, H, W] or [B, F] -> Tokens [B, 1, widths[-1]] of grid (). The last layer is a plain affine map (a code)
    unless `last_activation`. With the objective `autoencoder` and widths 128, 64, 32, 16, 8, 4, 2 this is the classic
    deep autoencoder (Hinton and Salakhutdinov, Science 2006).
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"grid", "cells"})

    def __init__(
        self,
        spec: Spec,
        *,
        widths: Sizes = (512, 256),
        activation: Literal["relu", "gelu", "tanh"] = "relu",
        last_activation: bool = False,
        norm: Literal["none", "layer", "batch"] = "none",
        dropout: Share = 0.0,
    ) -> None:
        super().__init__()
        if not widths:
            raise ContractError(
                201, "mlp has no layer", where="backbone.widths", found="()", fix="give a width or more"
            )
        self.width, self.widths = widths[-1], tuple(widths)
        self.activation: Activation = activation
        self.shape = shape_of(spec)
        sizes = [math.prod(self.shape), *widths]
        self.blocks = nn.ModuleList()
        for i in range(len(widths)):
            bent = last_activation or i < len(widths) - 1
            self.blocks.append(_block(sizes[i], sizes[i + 1], activation if bent else None, norm, dropout))

    @classmethod
    def learner(cls, about: Circumstances) -> Choice:
        return Choice("autoencoder", "fully connected layers learn to reconstruct their input")

    def embed(self, batch: Batch) -> Tokens:
        return Tokens.full(self.blocks[0](batch["x"].flatten(1))[:, None], ())  # [B, 1, widths[0]]

    def encode(self, tokens: Tokens) -> Tokens:
        x = tokens.x[:, 0]  # [B, widths[0]]
        for block in self.blocks[1:]:
            x = block(x)
        return tokens.with_x(x[:, None])  # [B, 1, width]

    def layers(self) -> Sequence[nn.Module]:
        return list(self.blocks)

    @property
    def decoder(self) -> Callable[[], nn.Module]:
        return partial(VectorDecoder, self.widths[::-1], self.shape, act=self.activation)

    def summary(self, tokens: Tokens) -> Tensor:
        return tokens.x[:, 0]  # [B, width]


def _block(inputs: int, outputs: int, act: Activation | None, norm: Norm, dropout: float) -> nn.Sequential:
    """Affine map, and where it is bent also norm, activation and dropout."""
    parts: list[nn.Module] = [nn.Linear(inputs, outputs)]
    if act is not None:
        if norm != "none":
            parts.append(nn.LayerNorm(outputs) if norm == "layer" else nn.BatchNorm1d(outputs))
        parts.append(activation(act))
        if dropout:
            parts.append(nn.Dropout(dropout))
    return nn.Sequential(*parts)
