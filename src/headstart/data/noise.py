"""The augmentation of what is measured over time."""

from __future__ import annotations

from headstart.core.contracts import Augment, Batch, Modality
from headstart.core.contracts.ranges import Share
from headstart.core.random import normal

_STREAM = 1000


class Noise(Augment):
    """Add a little noise to every value that a model reads.

    batch["x"] float32 [B, 1, C, L], or [B, F], as the modality collates it -> the same; what comes after
    stays as it is.

    noise  in deviations of a series or channel
    """

    def __init__(self, modality: Modality, *, noise: Share = 0.02) -> None:
        super().__init__()
        self.modality, self.noise = modality, noise

    def forward(self, batch: Batch, view: int = 0) -> Batch:
        ready = self.modality.ready(batch)
        if not self.training or not self.noise:
            return ready
        x = ready["x"]
        drawn = normal(batch["key"], x[0].numel(), _STREAM + view).view_as(x)
        return {**ready, "x": x + self.noise * drawn}
