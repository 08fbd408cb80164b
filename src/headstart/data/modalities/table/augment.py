"""Augmentation of rows of tables."""

import torch

from headstart.core.contracts import Augment, Batch, Modality
from headstart.core.contracts.ranges import Share
from headstart.core.random import normal, uniform

_STREAM = 1000  # far from the streams that objectives draw from


class TableAugment(Augment):
    """Change rows at random.

    noise  added to every number, in units of its deviation
    hide   share of the cells that become missing
    """

    def __init__(self, modality: Modality, *, noise: float = 0.0, hide: Share = 0.0) -> None:
        super().__init__()
        self.modality, self.noise, self.hide = modality, noise, hide

    def forward(self, batch: Batch, view: int = 0) -> Batch:
        if not self.training or not (self.noise or self.hide):
            return self.modality.ready(batch)
        raw = batch["x"]
        if self.hide:
            drawn = uniform(batch["key"], raw.shape[1], _STREAM + 2 * view)  # [B, cells]
            codes = self.modality.spec.sizes.get("categories", 0)
            absent = torch.cat([raw.new_zeros(codes), raw.new_full((raw.shape[1] - codes,), torch.nan)])
            raw = torch.where(drawn < self.hide, absent, raw)
        ready = self.modality.ready({**batch, "x": raw})
        if self.noise:
            x = ready["x"]
            drawn = normal(batch["key"], x.shape[1], _STREAM + 2 * view + 1)  # [B, F]
            ready = {**ready, "x": x + self.noise * drawn}
        return ready
