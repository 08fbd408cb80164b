"""A dictionary of patches by k-means, written into the first filters of a network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from headstart.core.contracts import Augment, Backbone, Batch, Solved, Step
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.look import Look
from headstart.core.contracts.ranges import Size, Weight
from headstart.core.errors import ContractError, DataError
from headstart.core.random import uniform
from headstart.models.nn.patches import columns_of, shrunk
from headstart.models.nn.visual_words import (
    PatchWords,
    even_contrast,
    nearest,
    pictured,
    random_patches,
    spherical_k_means,
    zca,
)

_STREAM = 3
_CONTRAST = 0.016  # of convolutions, which have no setting for it: that of the dictionary's default
_A_PICTURE = 32  # patches drawn from one picture


class Kmeans(Solved):
    """Cluster small patches of the pictures, so that every place can be told by the clusters it resembles.

    Coates, Lee and Ng (AISTATS 2011), with the spherical k-means of Coates and Ng (2012): random patches, even contrast
    (the backbone's `contrast`), ZCA whitening with `regular` added to the variances, one direction a word. Whitening
    and product are affine in the patch and become the words of a `dictionary`, the backbone made for them; or the
    first filters of a `cnn` or `resnet`, whose later layers stay as they are. Solved, not stepped. Loss: mean squared
    distance of whitened patches from the line of their nearest direction, a value.
    """

    centres: Tensor
    whitening: Tensor
    mean: Tensor

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        patches: Size = 60_000,
        iterations: Size = 15,
        regular: Weight = 0.1,
    ) -> None:
        super().__init__(backbone, augment)
        self.patches, self.iterations, self.regular = patches, iterations, regular
        count, values = _filters(backbone).weight.flatten(1).shape
        self.register_buffer("centres", torch.zeros(count, values))  # [K, P]
        self.register_buffer("whitening", torch.eye(values))  # [P, P]
        self.register_buffer("mean", torch.zeros(values))  # [P]

    @classmethod
    def network(cls, about: Circumstances) -> Choice:
        return Choice("dictionary", "k-means fills a dictionary of patches")

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        drawn = self._drawn(_filters(backbone), batch).flatten(0, 1)  # [B * 32, P]
        return _judged((drawn - self.mean) @ self.whitening, self.centres)

    def solve(self, backbone: Backbone, batches: Iterable[Batch]) -> Step:
        words = _filters(backbone)
        drawn = self._sample(words, batches)  # [n, P]
        if len(drawn) < len(words.weight):
            raise self._too_few(len(drawn), len(words.weight))
        whitening, mean = zca(drawn, self.regular)
        points = (drawn - mean) @ whitening
        centres = spherical_k_means(points, len(words.weight), self.iterations)
        with torch.no_grad():
            for name, value in {"whitening": whitening, "mean": mean, "centres": centres}.items():
                self.get_buffer(name).copy_(value)
            weight = centres @ whitening  # [K, P]
            # scaled so that answers have a deviation of 1 among the words, whatever the data
            weight /= (points[:4096] @ centres.T).std(1).mean().clamp_min(1e-6)
            words.weight.copy_(weight.view_as(words.weight))
            if words.bias is not None:
                words.bias.copy_(-weight @ mean)
        return _judged(points, centres)

    def patterns(self, backbone: Backbone) -> Sequence[Look]:
        """The centres, whitened patches: edges and blobs, those of the largest weights first."""
        words = _filters(backbone)
        order = words.weight.flatten(1).norm(dim=1).argsort(descending=True)
        return [Look(picture) for picture in pictured(self.centres[order].view_as(words.weight))]

    def _drawn(self, words: _Filters, batch: Batch) -> Tensor:
        """Random patches of every row with even contrast, [B, 32, P]."""
        ready = self.augment.modality.ready(batch)
        x = ready["x"] if words.size is None else shrunk(ready["x"], words.size)
        drawn = random_patches(x, batch["key"], words.kernel, _A_PICTURE, _STREAM, columns_of(ready, x.shape[3]))
        return even_contrast(drawn, words.contrast)

    def _too_few(self, patches: int, words: int) -> DataError:
        """The error for fewer patches than words, in pictures where these are too few."""
        if self.patches < words:
            found, fix = f"objective.patches={self.patches}", "set fewer backbone.words or more objective.patches"
            return DataError(
                411, "fewer patches than backbone.words", found=found, expected=f"{words} at least", fix=fix
            )
        pictures, expected = patches // _A_PICTURE, f"at least {-(-words // _A_PICTURE)}"
        fix = f"give more pictures, or set backbone.words={max(1, patches // 2)}"
        return DataError(434, "too few train pictures", found=pictures, expected=expected, fix=fix)

    def _sample(self, words: _Filters, batches: Iterable[Batch]) -> Tensor:
        """Up to `patches` patches of all rows, every one as likely as any other, in random order: [n, P] on the host.

        Every patch gets a random rank from its row's key and the lowest ranks stay, so the batches do not matter.
        """
        kept, ranks = list[Tensor](), list[Tensor]()
        limit = 1.0  # no patch of a higher rank can stay
        for batch in batches:
            drawn = self._drawn(words, batch).flatten(0, 1).cpu()  # [B * 32, P]
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
    """How well directions stand for points [n, P]: squared distance a value, and the share of the length explained."""
    _, along = nearest(points, centres)
    length = points.square().sum(1)  # [n]
    loss = (length - along.square()).mean() / points.shape[1]
    return Step(loss, {"explained_variance": (along.square().sum() / length.sum().clamp_min(1e-12))})


@dataclass(frozen=True, slots=True)
class _Filters:
    """What k-means fills: weight [K, C, k, k], bias [K] if there is one, how patches get even contrast, and the size
    of the pictures they are cut from, None: their own."""

    weight: Tensor
    bias: Tensor | None
    kernel: int
    contrast: float
    size: tuple[int, int] | None = None


def _filters(backbone: Backbone) -> _Filters:
    """The first filters of a backbone; ContractError if its first layer has no square ones."""
    for module in backbone.layers()[0].modules():
        if isinstance(module, PatchWords):
            return _Filters(module.weight, module.bias, module.kernel, module.contrast, module.size)
        if isinstance(module, nn.Conv2d) and module.kernel_size[0] == module.kernel_size[1] > 1:
            return _Filters(module.weight, module.bias, module.kernel_size[0], _CONTRAST)
    raise ContractError(
        242, "kmeans needs a backbone whose first layer is filters", where="objective.kmeans",
        found=type(backbone).__name__.lower(), expected="backbone 'dictionary', 'cnn' or 'resnet'",
        fix="set backbone.kind = 'dictionary'",
    )  # fmt: skip
