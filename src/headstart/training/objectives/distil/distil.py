"""The distil objective: learn from a teacher."""

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor

from headstart.core.contracts import Augment, Backbone, Batch, Objective, Step
from headstart.core.contracts.needs import Needs
from headstart.core.contracts.ranges import Size
from headstart.training.objectives.distil.frozen import FrozenTeacher
from headstart.training.objectives.distil.momentum import MomentumTeacher


class Distil(Objective):
    """Give the vectors that a teacher gives: a larger model, or a moving average of the network itself.

    With a teacher it is compression: the small network learns to see pictures as the large one sees them, without
    labels. Without one it is self-supervision like `contrastive`, but without negatives.

    teacher    directory of a model, hf:NAME or timm:NAME; "": a moving average of the network itself
    width      with a teacher: values that are compared
    projector  without one: hidden widths and the width of the compared vectors, with batch norms
    decay      without one: share of the average that stays in a step
    """

    needs = Needs(layouts=frozenset({"grid"}), rows_independent=False)  # batch norms bind the rows
    # as for `contrastive`: two views must differ in more than a shift
    advice: ClassVar[Mapping[str, Any]] = {
        "augment.crop": 0.3, "augment.flip": True, "augment.jitter": (0.4, 0.4, 0.4), "augment.gray": 0.2,
    }  # fmt: skip

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        teacher: str = "",
        width: Size = 512,
        projector: tuple[int, ...] = (512, 128),
        decay: float = 0.98,
    ) -> None:
        super().__init__(backbone, augment)
        self.teacher_name = teacher
        self.lesson: FrozenTeacher | MomentumTeacher
        if teacher:
            self.lesson = FrozenTeacher(backbone, sample, augment, teacher=teacher, width=width)
        else:
            self.lesson = MomentumTeacher(backbone, sample, augment, projector=projector, decay=decay)

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        return self.lesson(backbone, batch)

    def after_step(self, backbone: Backbone) -> None:
        self.lesson.after_step(backbone)

    def chance_loss(self, batch: int) -> float | None:
        return self.lesson.chance_loss(batch)

    def illustrate(self, backbone: Backbone, batch: Batch) -> dict[str, Tensor]:
        return self.lesson.illustrate(backbone, batch)
