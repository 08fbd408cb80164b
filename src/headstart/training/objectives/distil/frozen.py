"""A frozen teacher: a larger model whose vectors a smaller one learns to give."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Augment, Backbone, Batch, Modality, Objective, Step
from headstart.core.errors import ContractError, RecipeError
from headstart.core.random import normal
from headstart.models.nn.patches import picture_of
from headstart.models.nn.sizes import summary_width
from headstart.models.open_start import open_teacher

_STREAM = 4
_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


class FrozenTeacher(Objective):
    """See a picture as a frozen teacher sees it: representation distillation.

    Both see the same changed view (Beyer et al., CVPR 2022: a teacher must be consistent), the teacher at its own size,
    mean and deviation. The student's summary goes through one affine map to `width` values (linear, as Miles and
    Mikolajczyk, AAAI 2024, advise), the teacher's is padded with zeros to as many, or turned onto as many random
    directions: a student of D values follows at most D, and cosines change by about width ** -0.5 (Johnson and
    Lindenstrauss 1984). Both are brought to mean 0 and deviation 1 a value over the batch, since the vectors of a
    network with ReLUs are nearly parallel. Loss: 1 - cosine, mean over rows; 1 is knowing nothing.

    The teacher is no part of this module: it is opened by its name when the first batch comes, and never saved. Only
    the digest of its weights is, so that a run does not go on with another one.
    """

    taught_by: Tensor

    def __init__(self, backbone: Backbone, sample: Batch, augment: Augment, *, teacher: str, width: int) -> None:
        super().__init__(backbone, augment)
        self.name, self.width = teacher, width
        self.projector = nn.Linear(summary_width(backbone, augment.modality.ready(sample)), width)
        self.even = nn.ModuleList(nn.BatchNorm1d(width, affine=False) for _ in range(2))  # the student's, the teacher's
        self.register_buffer("taught_by", torch.zeros(32, dtype=torch.uint8))  # SHA-256; zeros: nobody taught it yet
        self._frozen: _Frozen | None = None

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        ready = self.augment(batch)
        student, teacher = self.even
        said = student(self.projector(backbone.summary(backbone(ready))).float())  # [B, width]
        wanted = teacher(self._vectors(ready["x"]))
        return Step(1 - F.cosine_similarity(said, wanted, dim=1).mean())

    def chance_loss(self, batch: int) -> float | None:
        return 1.0

    def illustrate(self, backbone: Backbone, batch: Batch) -> dict[str, Tensor]:
        return {"view": self.augment(batch, view=0)["x"]}

    def _vectors(self, x: Tensor) -> Tensor:
        """The teacher's vectors of ready pictures [B, C, H, W], [B, width]."""
        self._frozen = frozen = self._frozen or self._opened(x.device)
        with torch.no_grad():
            theirs = bridged(self.augment.modality.view.denormalise(x.float()), frozen.picture)
            ready = frozen.modality.ready({"x": 255 * theirs})
            return frozen.backbone.summary(frozen.backbone(ready)).float() @ frozen.directions

    def _opened(self, device: torch.device) -> _Frozen:
        """The teacher on the device; ContractError if it cannot see these pictures, RecipeError if it was exchanged."""
        start = open_teacher(self.name, frozenset({"grid"}))
        digest = torch.frombuffer(bytearray.fromhex(str(start.facts["weights"])), dtype=torch.uint8).to(device)
        if bool(self.taught_by.any()) and not torch.equal(self.taught_by, digest):
            raise RecipeError(
                301, "the teacher changed since the run began", where="objective.teacher",
                found=self.name, fix="restore the first one, or start again with --overwrite",
            )  # fmt: skip
        modality = start.modality()
        picture = picture_of(modality.spec)
        _check_channels(picture_of(self.augment.modality.spec)[0], picture[0], self.name)
        backbone = start.backbone().to(device).eval().requires_grad_(False)
        width = summary_width(backbone, modality.ready({"x": torch.zeros(2, *picture, device=device)}))
        self.taught_by.copy_(digest)
        return _Frozen(modality, backbone, picture, directions(width, self.width).to(device))


@dataclass(frozen=True, slots=True)
class _Frozen:
    """An opened teacher, hidden from the module that asks it: neither saved, nor moved, nor trained along."""

    modality: Modality
    backbone: Backbone
    picture: tuple[int, int, int]
    directions: Tensor  # [F, width]


def _check_channels(ours: int, theirs: int, name: str) -> None:
    if ours != theirs and {ours, theirs} != {1, 3}:
        raise ContractError(
            309, "the teacher reads other channels", where=name, found=f"{theirs} channels",
            expected=f"the {ours} of the data", fix="use a teacher for pictures of as many channels",
        )  # fmt: skip


def bridged(x: Tensor, picture: tuple[int, int, int]) -> Tensor:
    """Pictures [B, C, H, W] as such of another number of channels and size; grey is the luminance of three colours."""
    channels, height, width = picture
    if x.shape[1] == 3 and channels == 1:
        x = (x * x.new_tensor(_LUMA)[:, None, None]).sum(1, keepdim=True)
    x = x.expand(-1, channels, -1, -1)
    if x.shape[-2:] == (height, width):
        return x
    return F.interpolate(x, size=(height, width), mode="bilinear", antialias=True, align_corners=False)


def directions(inputs: int, outputs: int) -> Tensor:
    """[inputs, outputs]: the first axes where there are enough, else directions drawn by their numbers alone."""
    if inputs <= outputs:
        return torch.eye(inputs, outputs)
    return normal(torch.arange(inputs), outputs, _STREAM) * outputs**-0.5
