"""The distil objective: learn from a teacher."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor

from headstart.core.contracts import Augment, Backbone, Batch, Objective, Step
from headstart.core.errors import ContractError, RecipeError
from headstart.training.given_teacher import GivenTeacher
from headstart.training.own_teacher import OwnTeacher


class Distil(Objective):
    """Give the vectors that a teacher gives: a larger model, or a slow average of the network itself.

    With a teacher it is compression: the small network learns to see pictures as the large one sees them, without
    labels. Without one it is self-supervision like `contrastive`, but without negatives.

    teacher    directory of a model, hf:NAME or timm:NAME; "": a moving average of the network itself
    width      for a given teacher: values that are compared
    projector  for its own: hidden widths and the width of the compared vectors, with batch norms
    decay      for its own: share of the teacher that stays in a step
    """

    rowwise: ClassVar[bool] = False  # batch norms bind the rows
    # as for `contrastive`: two views must differ in more than a shift
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
        teacher: str = "",
        width: int = 512,
        projector: tuple[int, ...] = (512, 128),
        decay: float = 0.98,
    ) -> None:
        super().__init__()
        self.augment = augment
        if "height" not in augment.modality.facts():
            found, fix = "data with " + ", ".join(augment.modality.facts()), "take masked or contrastive"
            raise ContractError(303, "distil learns from pictures", where="objective", found=found, fix=fix)
        if not projector or not 0 <= decay <= 1:
            raise RecipeError(
                302, "no such average", where="objective", found=f"projector {list(projector)}, decay {decay}",
                expected="a width or more, and a share", fix="leave objective.projector and objective.decay out",
            )  # fmt: skip
        self.lesson: OwnTeacher | GivenTeacher
        if teacher:
            self.lesson = GivenTeacher(backbone, sample, augment, teacher=teacher, width=width)
        else:
            self.lesson = OwnTeacher(backbone, sample, augment, projector=projector, decay=decay)

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        return self.lesson(backbone, batch)

    def after_step(self, backbone: Backbone) -> None:
        if isinstance(self.lesson, OwnTeacher):
            self.lesson.after_step(backbone)

    def chance_loss(self, batch: int) -> float | None:
        return 1.0 if isinstance(self.lesson, GivenTeacher) else None

    def illustrate(self, backbone: Backbone, batch: Batch) -> dict[str, Tensor]:
        view = self.augment(batch, view=0)["x"]
        if isinstance(self.lesson, GivenTeacher):
            return {"view": view}
        return {"view 1": view, "view 2": self.augment(batch, view=1)["x"]}
