"""The linear backbone: one affine map, or none, so that the head sees the input itself."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.ranges import Few
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.models.nn.patches import shape_of
from headstart.models.nn.pixel_decoder import VectorDecoder


class Linear(Backbone):
    """One affine map of all the values of a row, what PCA fits; or none with `width` 0, for linear models.

    x [B, C, H, W] or [B, F] -> Tokens [B, 1, width] of grid (), with `width` 0 the values themselves. Starts
    orthogonal, so that distances are kept at first. Token ids x [B, T] -> no values at all, [B, T, 0], with `width` 0
    alone: tasks have sparse features of texts of their own (`task.sparse`). A map of ids is the backbone `bag`.
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"grid", "cells", "ids"})
    plain: ClassVar[bool] = True
    advice_scratch: ClassVar[Mapping[str, Any]] = {"backbone.width": 0}
    tuning_scratch: ClassVar[Choice | None] = Choice("probe", "a linear model is fitted in closed form")

    def __init__(self, spec: Spec, *, width: Few = 64, bias: bool = True) -> None:
        super().__init__()
        self.shape = () if spec.layout == "ids" and not width else shape_of(spec)
        values = math.prod(self.shape) if self.shape else 0
        self.width = width or values
        self.affine = nn.Linear(values, width, bias=bias) if width else None
        if self.affine is not None:
            nn.init.orthogonal_(self.affine.weight)

    @classmethod
    def has_weights(cls, settings: Mapping[str, Any]) -> bool:
        return settings.get("width") != 0

    @classmethod
    def learner(cls, about: Circumstances) -> Choice | None:
        return Choice("pca", "one affine map holds the principal components") if about.spec.layout != "ids" else None

    def embed(self, batch: Batch) -> Tokens:
        if not self.shape:
            rows, places = batch["x"].shape
            return Tokens(torch.zeros(rows, places, 0, device=batch["x"].device), batch["keep"], (places,))
        x = batch["x"].flatten(1)
        return Tokens.full((x if self.affine is None else self.affine(x))[:, None], ())  # [B, 1, width]

    def encode(self, tokens: Tokens) -> Tokens:
        return tokens

    def layers(self) -> Sequence[nn.Module]:
        return [] if self.affine is None else [self.affine]

    @property
    def decoder(self) -> Callable[[], nn.Module] | None:
        return None if self.affine is None else partial(VectorDecoder, [self.width], self.shape)

    def summary(self, tokens: Tokens) -> Tensor:
        return tokens.x[:, 0] if self.shape else tokens.pooled()  # [B, width]
