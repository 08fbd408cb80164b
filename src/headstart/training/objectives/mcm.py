"""Masked cells: cells of a table are hidden and predicted from the others."""

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from headstart.core.contracts import Augment, Backbone, Batch, Objective, Step
from headstart.core.contracts.needs import Needs
from headstart.core.errors import ContractError
from headstart.core.random import uniform
from headstart.models.nn.sizes import summary_width
from headstart.training.heads import by_member, layered
from headstart.training.hiding import check_share

_STREAM = 3


class Mcm(Objective):
    """Hide cells of every row as if they were missing and predict them from the rest (Rubachev et al. 2022).

    A linear map of the row's vector gives a logit for each code of a category, and the rank of a number among train
    rows. Loss: cross-entropy, or 12 times the squared error of the rank, which is 1 for who always says the middle;
    mean over the hidden cells of a row that were not missing before, mean over rows.

    hide  share of the cells that is hidden, each by itself
    """

    needs = Needs(layouts=frozenset({"cells"}))
    advice: ClassVar[Mapping[str, Any]] = {"plan.lr": 2e-3}

    def __init__(self, backbone: Backbone, sample: Batch, augment: Augment, *, hide: float = 0.3) -> None:
        super().__init__(backbone, augment)
        check_share(hide)
        sizes = augment.modality.spec.sizes
        if "cells" not in sizes:
            found, fix = f"vectors of {sizes['columns']} numbers", "use the objective 'autoencoder' with noise"
            raise ContractError(761, "these rows have no cells that could be missing", found=found, fix=fix)
        self.hide, self.cells = hide, sizes["cells"]
        self.categories, self.codes = sizes.get("categories", 0), sizes.get("codes", 0)
        width = summary_width(backbone, augment.modality.ready(sample))
        outputs = self.categories * self.codes + self.cells - self.categories
        self.guess = layered(width, outputs, hidden=0, dropout=0.0, members=backbone.members)

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        clean = self.augment.modality.ready(batch)
        hidden = uniform(batch["key"], self.cells, _STREAM) < self.hide  # [B, cells]
        absent = batch["x"].new_full((self.cells,), torch.nan)
        absent[: self.categories] = 0.0
        spoilt = self.augment({**batch, "x": torch.where(hidden, absent, batch["x"])})
        said = self.guess(backbone.summary(backbone(spoilt))).float()  # [B * members, outputs]
        names, numbers = self._missed(said, clean)
        asked = by_member(hidden & self._known(clean), said)
        missed = torch.cat([names, numbers], 1).masked_fill(~asked, 0.0)
        loss = (missed.sum(1) / asked.sum(1).clamp_min(1)).mean()
        count = self.categories
        logs = {"names": _mean(missed[:, :count], asked[:, :count])} if count else {}
        logs |= {"numbers": _mean(missed[:, count:], asked[:, count:])} if self.cells > count else {}
        return Step(loss, logs)

    def _missed(self, said: Tensor, clean: Batch) -> tuple[Tensor, Tensor]:
        """How far off every cell is: categories [n, C], numbers [n, N]."""
        count = self.categories
        codes = by_member(clean["cells"][:, :count].clamp(0, max(0, self.codes - 1)).long(), said)
        logits = said[:, : count * self.codes].unflatten(1, (count, self.codes)) if count else said[:, :0, None]
        names = (
            functional.cross_entropy(logits.flatten(0, 1), codes.flatten(), reduction="none") if count else said[:, :0]
        )
        ranks = by_member(clean["ranks"].nan_to_num(0.5), said)
        numbers = 12 * (said[:, count * self.codes :] + 0.5 - ranks).square()
        return names.view(codes.shape), numbers

    def _known(self, clean: Batch) -> Tensor:
        """Which cells are not missing, [B, cells]."""
        cells = clean["cells"]
        return torch.cat([cells[:, : self.categories] > 0, ~torch.isnan(clean["ranks"])], 1)


def _mean(missed: Tensor, asked: Tensor) -> Tensor:
    return (missed.sum() / asked.sum().clamp_min(1)).detach()
