"""The contrastive objective."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Augment, Backbone, Batch, Objective, Step
from headstart.core.contracts.needs import Needs
from headstart.core.errors import ContractError
from headstart.models.nn.perceptron import perceptron
from headstart.models.nn.sizes import summary_width


class Contrastive(Objective):
    """Tell which two views come from the same example, among all views of the batch.

    Pictures as SimCLR has it (Chen et al., ICML 2020): two augmented views a row. Texts as SimCSE has it (Gao et al.,
    EMNLP 2021): a text twice, whose two vectors differ by dropout and by the words that the augmentation left out. In
    both a projector on the summaries that is gone afterwards, and the normalised temperature-scaled cross-entropy over
    the 2B - 2 others. Larger batches are harder and teach more; the loss is not a mean over rows that could be cut.

    temperature  "auto" is 0.2 for pictures, 0.05 for texts (Gao et al. 2021, table D.1)
    projector    hidden widths and the width of the compared vectors, with batch norms; "auto" is (512, 128) for
                 pictures, and for texts one layer with tanh, as wide as the summary (ibid., section 3)
    decoupled    leave the partner out of those it is told apart from, so that a pair that is already known teaches as
                 much in a batch of 16 as in a large one (Yeh et al., ECCV 2022, equation 4)
    """

    needs = Needs(rows_independent=False)
    # without strong changes the pair is found by its colours alone (Chen et al. 2020, figure 5)
    advice: ClassVar[Mapping[str, Any]] = {
        "augment.crop": 0.3, "augment.flip": True, "augment.jitter": (0.4, 0.4, 0.4), "augment.gray": 0.2,
        "augment.drop": 0.3,
    }  # fmt: skip

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        temperature: float | Literal["auto"] = "auto",
        projector: tuple[int, ...] | Literal["auto"] = "auto",
        decoupled: bool = False,
    ) -> None:
        super().__init__(backbone, augment)
        self.decoupled = decoupled
        self.is_text = augment.modality.spec.layout == "ids"
        self._seen_to_differ = not self.is_text
        self.temperature = (0.05 if self.is_text else 0.2) if isinstance(temperature, str) else temperature
        width = summary_width(backbone, augment.modality.ready(sample))
        if isinstance(projector, str) and self.is_text:
            # without a bias: beside small summaries, as a fresh LSTM gives, it would be all that is compared
            self.projector = nn.Sequential(nn.Linear(width, width, bias=False), nn.Tanh())
            return
        self.projector = perceptron([width, *((512, 128) if isinstance(projector, str) else projector)])

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        one, other = self.augment(batch, view=0), self.augment(batch, view=1)
        both = {name: torch.cat([one[name], other[name]]) for name in one}  # [2B, ...]
        summaries = backbone.summary(backbone(both))  # [2B, F]
        if self.training and not self._seen_to_differ:
            _refuse_identical(*summaries.detach().chunk(2))
            self._seen_to_differ = True
        loss, accuracy = matching_loss(self.projector(summaries), self.temperature, decoupled=self.decoupled)
        return Step(loss, {"accuracy": accuracy})

    def chance_loss(self, batch: int) -> float | None:
        """Any of the 2B - 2 other rows may be the partner, and so may the partner itself, if it counts."""
        return math.log(2 * batch - (2 if self.decoupled else 1)) if batch > 1 else None

    def illustrate(self, backbone: Backbone, batch: Batch) -> dict[str, Tensor]:
        if self.is_text:
            return {}  # two views of a text are the same ids
        return {"view 1": self.augment(batch, view=0)["x"], "view 2": self.augment(batch, view=1)["x"]}


def _refuse_identical(one: Tensor, other: Tensor) -> None:
    """ContractError if the two views of every row [B, F] came to the same vector: any network tells such pairs."""
    if torch.allclose(one, other, rtol=1e-3):
        raise ContractError(
            238, "both views of every text are the same, so there is nothing to learn", where="objective",
            found="no dropout in the backbone, and no dropped words",
            fix="set augment.drop=0.3, or backbone.dropout=0.1",
        )  # fmt: skip


def matching_loss(vectors: Tensor, temperature: float, *, decoupled: bool = False) -> tuple[Tensor, Tensor]:
    """Cross-entropy of picking the partner, and how often it is picked. vectors [2B, F]: rows i and B + i are a pair.

    Decoupled, the partner is only drawn near, and only the others are pushed away; that has no least value.

    In float32 whatever the vectors are: bfloat16 rounds a similarity near 1 by up to 0.002, which 1 / 0.2 makes 0.01.
    """
    n = len(vectors)
    with torch.autocast(vectors.device.type, enabled=False):
        unit = F.normalize(vectors.float(), dim=1)
        similarity = unit @ unit.T / temperature  # [2B, 2B]
        similarity = similarity.masked_fill(torch.eye(n, dtype=torch.bool, device=vectors.device), -torch.inf)
        partner = torch.arange(n, device=vectors.device).roll(n // 2)  # [2B]
        if decoupled:
            near = similarity.gather(1, partner[:, None])  # [2B, 1]
            loss = (similarity.scatter(1, partner[:, None], -torch.inf).logsumexp(1) - near[:, 0]).mean()
        else:
            loss = F.cross_entropy(similarity, partner)
        with torch.no_grad():
            accuracy = (similarity.argmax(1) == partner).float().mean()
    return loss, accuracy
