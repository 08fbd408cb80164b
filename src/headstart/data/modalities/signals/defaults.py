"""What suits whole series where neither the user nor another part says so; the evidence is in docs/results.md."""

from collections.abc import Mapping
from typing import Any, ClassVar

from headstart.core.contracts.choice import Choice, Circumstances, ClosedStart


class SignalDefaults:
    """Learners and networks for whole series."""

    advice: ClassVar[Mapping[str, Any]] = {"backbone.channels": (16, 32, 64, 96), "backbone.residual": 0}

    def learner(self, about: Circumstances, backbone: str) -> Choice:
        return Choice("pca", "principal components of whole series need no gradient steps")

    def backbone(self, about: Circumstances, learner: str) -> Choice:
        return Choice("rocket", "fixed convolutions with a linear head are at or near the best networks on series")

    def closed_start(self, rows: int) -> ClosedStart | None:
        return None

    def batch(self, advised: int, about: Circumstances) -> int:
        return advised
