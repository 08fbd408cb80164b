"""The contrastive objective."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Augment, Backbone, Batch, Objective, Step
from headstart.models.nn.sizes import summary_width


class Contrastive(Objective):
    """Tell which two views come from the same example, among all views of the batch.

    SimCLR (Chen et al., ICML 2020): two augmented views a row, a projector on the summaries, and the normalised
    temperature-scaled cross-entropy over the 2B - 2 others. Larger batches are harder and teach more; the loss is not a
    mean over rows that could be cut. `projector`: hidden widths and the width of the compared vectors.
    """

    rowwise: ClassVar[bool] = False
    # without strong changes the pair is found by its colours alone (Chen et al. 2020, figure 5)
    advice: ClassVar[Mapping[str, Any]] = {
        "augment.crop": 0.3,
        "augment.flip": True,
        "augment.jitter": (0.4, 0.4, 0.4),
        "augment.gray": 0.2,
    }

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        temperature: float = 0.2,
        projector: tuple[int, ...] = (512, 128),
    ) -> None:
        super().__init__()
        self.augment, self.temperature = augment, temperature
        widths = [summary_width(backbone, augment.modality.ready(sample)), *projector]
        parts: list[nn.Module] = []
        for i in range(len(projector)):
            if i:
                parts += [nn.BatchNorm1d(widths[i]), nn.ReLU(inplace=True)]
            parts.append(nn.Linear(widths[i], widths[i + 1]))
        self.projector = nn.Sequential(*parts)

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        one, other = self.augment(batch, view=0), self.augment(batch, view=1)
        both = {name: torch.cat([one[name], other[name]]) for name in one}  # [2B, ...]
        projected = self.projector(backbone.summary(backbone(both)))  # [2B, projector[-1]]
        loss, accuracy = matching_loss(projected, self.temperature)
        return Step(loss, {"accuracy": accuracy})

    def illustrate(self, backbone: Backbone, batch: Batch) -> dict[str, Tensor]:
        return {"view 1": self.augment(batch, view=0)["x"], "view 2": self.augment(batch, view=1)["x"]}


def matching_loss(vectors: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Cross-entropy of picking the partner, and how often it is picked. vectors [2B, F]: rows i and B + i are a pair.

    In float32 whatever the vectors are: bfloat16 rounds a similarity near 1 by up to 0.002, which 1 / 0.2 makes 0.01.
    """
    n, _ = vectors.shape
    with torch.autocast(vectors.device.type, enabled=False):
        unit = F.normalize(vectors.float(), dim=1)
        similarity = unit @ unit.T / temperature  # [2B, 2B]
        itself = torch.eye(n, dtype=torch.bool, device=vectors.device)
        similarity = similarity.masked_fill(itself, -torch.inf)
        partner = torch.arange(n, device=vectors.device).roll(n // 2)  # [2B]
        loss = F.cross_entropy(similarity, partner)
        with torch.no_grad():
            accuracy = (similarity.argmax(1) == partner).float().mean()
    return loss, accuracy
