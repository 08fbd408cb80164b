"""What suits series where neither the user nor another part says so; the evidence is in docs/results.md."""

from collections.abc import Mapping
from typing import Any, ClassVar

from headstart.core.contracts.choice import Choice, Circumstances, ClosedStart


class SeriesDefaults:
    """Learners and networks for windows of series."""

    advice: ClassVar[Mapping[str, Any]] = {"backbone.channels": (16, 32, 64, 96), "backbone.residual": 0}

    def learner(self, about: Circumstances, backbone: str) -> Choice:
        if backbone == "auto" and about.hurried(60):
            return Choice("pca", "on a CPU there is time for few gradient steps, and principal windows need none")
        return Choice("simmim", "hidden stretches are filled in from those around them")

    def backbone(self, about: Circumstances, learner: str) -> Choice:
        return Choice("linear", "a linear map of the window is at or near the best networks on most series")

    def closed_start(self, rows: int) -> ClosedStart | None:
        return None

    def batch(self, advised: int, about: Circumstances) -> int:
        return advised
