"""A momentum teacher: a network learns from a moving average of itself."""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor

from headstart.core.contracts import Augment, Backbone, Batch, Objective, Step
from headstart.core.errors import RecipeError
from headstart.models.nn.perceptron import perceptron
from headstart.models.nn.sizes import summary_width


class MomentumTeacher(Objective):
    """Predict from one view of a picture what a moving average of the network says of another view.

    BYOL (Grill et al., NeurIPS 2020): backbone and projector are averaged into a teacher after every step; a predictor
    stands before the student alone, and no gradient goes into the teacher. There are no negatives, so that a batch may
    be small. Loss: 2 - 2 cosine, mean over rows and both ways round, in [0, 4].

    Equal answers to everything would have a loss of 0. `spread` watches for that: the deviation of the teacher's
    vectors of length 1 over the batch, times the root of their width (Chen and He, CVPR 2021, section 4.1); 1 is even
    in all directions, 0 is collapse.

    decay  share of the teacher that stays in a step; while it is young it changes faster, by (1 + steps) / (10 + steps)
    """

    steps: Tensor

    def __init__(
        self, backbone: Backbone, sample: Batch, augment: Augment, *, projector: tuple[int, ...], decay: float
    ) -> None:
        super().__init__(backbone, augment)
        if not projector or not 0 <= decay <= 1:
            raise RecipeError(
                302, "setting is out of range", where="objective", found=f"projector {list(projector)}, decay {decay}",
                expected="at least one width, and a share", fix="leave objective.projector and objective.decay out",
            )  # fmt: skip
        self.decay = decay
        self.projector = perceptron([summary_width(backbone, augment.modality.ready(sample)), *projector])
        self.predictor = perceptron([projector[-1], projector[0], projector[-1]])
        self.teacher = copy.deepcopy(backbone).requires_grad_(False)
        self.target = copy.deepcopy(self.projector).requires_grad_(False)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        one, other = self.augment(batch, view=0), self.augment(batch, view=1)
        both = {name: torch.cat([one[name], other[name]]) for name in one}  # [2B, ...]
        said = self.predictor(self.projector(backbone.summary(backbone(both))))  # [2B, projector[-1]]
        with torch.no_grad():
            wanted = F.normalize(self.target(self.teacher.summary(self.teacher(both))).float(), dim=1)
        partner = wanted.roll(len(wanted) // 2, 0)  # the other view's
        cosine = (F.normalize(said.float(), dim=1) * partner).sum(1)
        return Step((2 - 2 * cosine).mean(), {"spread": deviation(wanted)})

    def illustrate(self, backbone: Backbone, batch: Batch) -> dict[str, Tensor]:
        return {"view 1": self.augment(batch, view=0)["x"], "view 2": self.augment(batch, view=1)["x"]}

    def after_step(self, backbone: Backbone) -> None:
        """The teacher comes a little nearer to the student. Its norms gather their own statistics."""
        self.steps += 1
        young = (1 + self.steps) / (10 + self.steps)  # [] on the device
        come = 1 - young.clamp_max(self.decay)
        with torch.no_grad():
            for teacher, student in ((self.teacher, backbone), (self.target, self.projector)):
                for kept, new in zip(teacher.parameters(), student.parameters(), strict=True):
                    kept.lerp_(new, come)


def deviation(unit: Tensor) -> Tensor:
    """How evenly vectors of length 1 [n, F] lie in all directions: 1 evenly, 0 all the same."""
    return unit.std(0, unbiased=False).mean() * unit.shape[1] ** 0.5
