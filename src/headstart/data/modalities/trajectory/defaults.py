"""What suits trajectories where neither the user nor another part says so; the evidence is in docs/results.md."""

from collections.abc import Mapping
from typing import Any, ClassVar

from headstart.core.contracts.choice import Choice, Circumstances


class TrajectoryDefaults:
    """Learners and networks for windows of episodes."""

    advice: ClassVar[Mapping[str, Any]] = {"backbone.channels": (16, 32, 64, 96), "backbone.residual": 0}

    def learner(self, about: Circumstances, backbone: str) -> Choice:
        if backbone == "auto" and about.hurried(60):
            return Choice("pca", "on a CPU there is time for few gradient steps, and principal windows need none")
        return Choice("simmim", "hidden steps and columns are filled in from those around them")

    def backbone(self, about: Circumstances, learner: str) -> Choice:
        return Choice("linear", "a linear map of the window is a strong imitator, and is fitted in closed form")

    def batch(self, advised: int, about: Circumstances) -> int:
        return advised
