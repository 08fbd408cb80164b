"""Principal components, fitted by scikit-learn into a linear backbone."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Augment, Backbone, Batch, Solved, Step
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.errors import ContractError, DataError

_IN_MEMORY = 2 << 30  # bytes; beyond, the incremental fit: 12 s instead of 0.4 s on 60 000 x 784, but bounded memory


class Pca(Solved):
    """Find the directions in which the data vary most, and make them the backbone's one layer.

    Solved, not stepped: rows are read once, without augmentation. With `whiten` every component has variance 1. Keeps
    the opposite map, so that pictures can be painted from their components. Needs the backbone `linear`, whose width is
    the number of components. Loss: mean squared error of the reconstruction.
    """

    def __init__(self, backbone: Backbone, sample: Batch, augment: Augment, *, whiten: bool = False) -> None:
        super().__init__(backbone, augment)
        self.whiten = whiten
        affine = _affine(backbone)
        self.decoder = nn.Linear(affine.out_features, affine.in_features)
        self.decoder.requires_grad_(False)

    @classmethod
    def network(cls, about: Circumstances) -> Choice:
        return Choice("linear", "principal components are a linear map")

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        ready = self.augment.modality.ready(batch)
        loss = F.mse_loss(self._painted(backbone, ready), ready["x"])
        return Step(loss, {"mse": loss.detach()})

    def solve(self, backbone: Backbone, batches: Iterable[Batch]) -> Step:
        affine = _affine(backbone)
        rows = (self.augment.modality.ready(batch)["x"].flatten(1).cpu().numpy() for batch in batches)
        model = _fit(rows, affine.out_features, self.whiten)
        variance = torch.from_numpy(np.maximum(model.explained_variance_, 1e-12))  # [k]
        scale = variance.sqrt()[:, None] if self.whiten else torch.ones(len(variance), 1)
        directions, mean = torch.from_numpy(model.components_), torch.from_numpy(model.mean_)  # [k, P], [P]
        with torch.no_grad():
            assert affine.bias is not None
            affine.weight.copy_(directions / scale)
            affine.bias.copy_(-(directions / scale) @ mean)
            self.decoder.weight.copy_((directions * scale).T)
            self.decoder.bias.copy_(mean)
        explained = float(model.explained_variance_ratio_.sum())
        lost = float(model.explained_variance_.sum()) * (1 / max(explained, 1e-12) - 1)  # variance outside the span
        loss = torch.tensor(lost / len(mean))
        return Step(loss, {"mse": loss, "explained_variance": torch.tensor(explained)})

    def illustrate(self, backbone: Backbone, batch: Batch) -> dict[str, Tensor]:
        ready = self.augment.modality.ready(batch)
        with torch.no_grad():
            return {"input": ready["x"], "reconstruction": self._painted(backbone, ready)}

    def _painted(self, backbone: Backbone, ready: Batch) -> Tensor:
        return self.decoder(backbone.summary(backbone(ready))).view_as(ready["x"])  # [B, C, H, W]


def _affine(backbone: Backbone) -> nn.Linear:
    """The layer that PCA sets; ContractError if there is none, or if it is wider than the input."""
    first, *more = backbone.layers()
    if more or not isinstance(first, nn.Linear) or first.bias is None:
        raise ContractError(
            231, "principal components need one affine map", where="objective.pca",
            found=type(backbone).__name__.lower(), expected="backbone 'linear' with bias",
            fix="set backbone.kind = 'linear'",
        )  # fmt: skip
    if first.out_features > first.in_features:
        raise ContractError(
            232, "more components than values", where="backbone.width", found=first.out_features,
            expected=f"at most {first.in_features}", fix="set a smaller backbone.width",
        )  # fmt: skip
    return first


def _fit(rows: Iterator[np.ndarray], count: int, whiten: bool) -> Any:
    """A fitted PCA of scikit-learn: the whole at once if it fits in memory, in chunks otherwise."""
    from sklearn.decomposition import PCA

    chunks: list[np.ndarray] = []
    for chunk in rows:
        chunks.append(chunk)
        if sum(one.nbytes for one in chunks) > _IN_MEMORY:
            return _fit_in_chunks(chunks, rows, count, whiten)
    n = sum(len(one) for one in chunks)
    if n < count:
        raise DataError(
            412, "fewer rows than components", where="train split", found=n, expected=f"at least {count}",
            fix="set a smaller backbone.width",
        )  # fmt: skip
    # the random solver of wide inputs starts from a fixed state, so that the fit is a function of the rows
    return PCA(count, whiten=whiten, copy=False, random_state=0).fit(np.concatenate(chunks))


def _fit_in_chunks(read: list[np.ndarray], rest: Iterator[np.ndarray], count: int, whiten: bool) -> Any:
    from sklearn.decomposition import IncrementalPCA

    model = IncrementalPCA(count, whiten=whiten)
    waiting: list[np.ndarray] = []
    first = (read.pop(0) for _ in range(len(read)))  # a chunk that is fitted is held no longer
    for chunk in chain(first, rest):
        waiting.append(chunk)
        if sum(len(one) for one in waiting) >= max(count, 1024):
            model.partial_fit(np.concatenate(waiting), check_input=False)
            waiting.clear()
    return model.partial_fit(np.concatenate(waiting), check_input=False) if waiting else model
