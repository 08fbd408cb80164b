"""A dictionary of patches by k-means, written into the filters of a one-layer convolutional network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from headstart.core.contracts import Augment, Backbone, Batch, Objective, Step
from headstart.core.errors import ContractError, DataError
from headstart.core.random import uniform
from headstart.models.nn.activation import Triangle
from headstart.models.nn.clustering import even_contrast, k_means, nearest, random_patches, zca
from headstart.models.nn.convolution import ContrastConv2d

_STREAM = 3
_A_PICTURE = 32  # patches drawn from one picture


class Kmeans(Objective):
    """Cluster small patches of the pictures and ask of every place how near it is to each cluster.

    Coates, Lee and Ng (AISTATS 2011): random patches, even contrast (the backbone's `contrast`), ZCA whitening with
    `regular` added to the variances, k-means with one centre a channel. Whitening and distances are affine in the patch
    and become the filters of a one-layer `cnn`. With activation "triangle" a channel answers the negative squared
    distance; with "relu" the product with the centre brought to length 1, less `threshold` (Coates and Ng 2011, ICML).
    Solved, not stepped. Loss: mean squared distance of whitened patches to their nearest centres, a value.
    """

    closed_form: ClassVar[bool] = True
    # Fashion-MNIST, 10 labels a class, 400 filters from 8 192 pictures, best penalty of a logistic regression: relu
    # with pool 4 .754 (3 draws); over 5 draws triangle with pool 4 .733, relu with pool 2 .725, neither .705
    advice: ClassVar[Mapping[str, Any]] = {
        "backbone.channels": (400,),
        "backbone.kernel": 6,
        "backbone.padding": "valid",
        "backbone.norm": "none",
        "backbone.activation": "relu",
        "backbone.contrast": 0.0025,  # their 10 on pixels of 0..255, at a standard deviation of about 64
        "backbone.pool": 4,
    }

    centres: Tensor
    whitening: Tensor
    mean: Tensor

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        patches: int = 200_000,
        iterations: int = 20,
        regular: float = 0.1,
        threshold: float = 0.25,
    ) -> None:
        super().__init__()
        self.augment = augment
        self.patches, self.iterations, self.regular, self.threshold = patches, iterations, regular, threshold
        count, channels, size, _ = _filters(backbone)[0].weight.shape
        values = channels * size * size
        self.register_buffer("centres", torch.zeros(count, values))  # [K, P]
        self.register_buffer("whitening", torch.eye(values))  # [P, P]
        self.register_buffer("mean", torch.zeros(values))  # [P]

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        drawn = self._drawn(backbone, batch).flatten(0, 1)  # [B * 32, P]
        return _judged((drawn - self.mean) @ self.whitening, self.centres)

    def solve(self, backbone: Backbone, batches: Iterable[Batch]) -> Step:
        filters, triangle = _filters(backbone)
        drawn = self._sample(backbone, batches)  # [n, P]
        if len(drawn) < len(filters.weight):
            raise DataError(
                241,
                "fewer patches than clusters",
                where="train split",
                found=len(drawn),
                expected=f"at least {len(filters.weight)}",
                fix="set fewer backbone.channels or more objective.patches",
            )
        whitening, mean = zca(drawn, self.regular)
        points = (drawn - mean) @ whitening
        centres = k_means(points, len(filters.weight), self.iterations)
        with torch.no_grad():
            for name, value in {"whitening": whitening, "mean": mean, "centres": centres}.items():
                self.get_buffer(name).copy_(value)
            self._fill(filters, triangle, points)
        return _judged(points, centres)

    def _fill(self, filters: nn.Conv2d, triangle: bool, points: Tensor) -> None:
        """Write whitening and centres into the filters, scaled so that answers have a root mean square of 1."""
        assert filters.bias is not None
        whitening, mean, centres = self.whitening.cpu(), self.mean.cpu(), self.centres.cpu()
        if triangle:
            # -|w - c|^2 = 2 w.c - |c|^2 - |w|^2, and the last term is the same in every channel
            slope, offset = 2 * centres, -centres.square().sum(1)
        else:
            slope = nn.functional.normalize(centres, dim=1)
            offset = centres.new_full((len(centres),), -self.threshold)
        some = points[:4096] @ slope.T + offset  # [4096, K]
        level = some.mean(1, keepdim=True) if triangle else 0.0
        scale = (some - level).relu().square().mean().sqrt().clamp_min(1e-6)
        weight = slope @ whitening / scale  # [K, P]
        filters.weight.copy_(weight.view_as(filters.weight))
        filters.bias.copy_(offset / scale - weight @ mean)

    def _drawn(self, backbone: Backbone, batch: Batch) -> Tensor:
        """Random patches of every row with even contrast, [B, 32, P]."""
        filters, _ = _filters(backbone)
        x = self.augment.modality.ready(batch)["x"]
        drawn = random_patches(x, batch["key"], filters.kernel_size[0], _A_PICTURE, _STREAM)
        return even_contrast(drawn, filters.contrast) if isinstance(filters, ContrastConv2d) else drawn

    def _sample(self, backbone: Backbone, batches: Iterable[Batch]) -> Tensor:
        """Up to `patches` patches of all rows, every one as likely as any other, in random order: [n, P] on the host.

        Every patch gets a random rank from its row's key and the lowest ranks stay, so the batches do not matter.
        """
        kept: list[Tensor] = []
        ranks: list[Tensor] = []
        limit = 1.0  # no patch of a higher rank can stay
        for batch in batches:
            drawn = self._drawn(backbone, batch).flatten(0, 1).cpu()  # [B * 32, P]
            rank = uniform(batch["key"], _A_PICTURE, _STREAM + 1).flatten().cpu()
            kept.append(drawn[rank < limit])
            ranks.append(rank[rank < limit])
            if sum(map(len, ranks)) > 2 * self.patches:
                kept, ranks = _lowest(kept, ranks, self.patches)
                limit = float(ranks[0][-1])
        return _lowest(kept, ranks, self.patches)[0][0]


def _lowest(kept: list[Tensor], ranks: list[Tensor], count: int) -> tuple[list[Tensor], list[Tensor]]:
    """Those of the `count` lowest ranks, in the order of their ranks."""
    together, order = torch.cat(ranks).sort(stable=True)
    return [torch.cat(kept)[order[:count]]], [together[:count]]


def _judged(points: Tensor, centres: Tensor) -> Step:
    """How well centres stand for points [n, P]: squared distance a value, and the share of the variance explained."""
    _, distance = nearest(points, centres)
    loss = distance.mean() / points.shape[1]
    return Step(loss, {"explained_variance": 1 - loss / points.var(0, unbiased=False).mean().clamp_min(1e-12)})


def _filters(backbone: Backbone) -> tuple[nn.Conv2d, bool]:
    """The one layer that k-means fills, and whether it ends in the triangle; ContractError if it is not alone."""
    first, *more = backbone.layers()
    parts = list(first.children())
    if not more and len(parts) == 2 and isinstance(parts[0], nn.Conv2d) and isinstance(parts[1], Triangle | nn.ReLU):
        return parts[0], isinstance(parts[1], Triangle)
    raise ContractError(
        242,
        "clusters of patches need one layer of filters",
        where="objective.kmeans",
        found=type(backbone).__name__.lower(),
        expected="a cnn of one layer",
        fix="set backbone.kind = 'cnn', channels = [400], norm = 'none' and activation = 'relu'",
    )
