"""The linear backbone: one affine map."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.models.nn.patches import shape_of
from headstart.models.nn.pixel_decoder import VectorDecoder


class Linear(Backbone):
    """One affine map of all the values of a row: what PCA fits, and the simplest network there is.

    x [B, C, H, W] or [B, F] -> Tokens [B, 1, width] of grid (). Starts orthogonal, so that distances are kept at first.
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"grid", "cells"})

    def __init__(self, spec: Spec, *, width: int = 64, bias: bool = True) -> None:
        super().__init__()
        self.width = width
        self.shape = shape_of(spec)
        self.affine = nn.Linear(math.prod(self.shape), width, bias=bias)
        nn.init.orthogonal_(self.affine.weight)

    @classmethod
    def learner(cls, about: Circumstances) -> Choice:
        return Choice("pca", "one affine map holds the principal components")

    def embed(self, batch: Batch) -> Tokens:
        return Tokens.full(self.affine(batch["x"].flatten(1))[:, None], ())  # [B, 1, width]

    def encode(self, tokens: Tokens) -> Tokens:
        return tokens

    def layers(self) -> Sequence[nn.Module]:
        return [self.affine]

    @property
    def decoder(self) -> Callable[[], nn.Module]:
        return partial(VectorDecoder, [self.width], self.shape)

    def summary(self, tokens: Tokens) -> Tensor:
        return tokens.x[:, 0]  # [B, width]
