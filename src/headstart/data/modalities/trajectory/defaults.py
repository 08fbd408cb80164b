"""What suits trajectories where neither the user nor another part says so; the evidence is in docs/results.md."""

from collections.abc import Mapping
from typing import Any, ClassVar

from headstart.core.contracts.choice import Choice, Circumstances

_COMPONENTS = 64  # that pca finds by default: windows of small robots have fewer values


class TrajectoryDefaults:
    """Learners and networks for windows of episodes."""

    advice: ClassVar[Mapping[str, Any]] = {"backbone.channels": (16, 32, 64, 96), "backbone.residual": 0}

    def learner(self, about: Circumstances, backbone: str) -> Choice:
        sizes = about.spec.sizes
        if backbone == "auto" and about.hurried(60) and sizes["height"] * sizes["width"] >= _COMPONENTS:
            return Choice("pca", "on a CPU there is time for few gradient steps, and principal windows need none")
        return Choice("autoencoder", "windows are reconstructed from a few numbers")

    def backbone(self, about: Circumstances, learner: str) -> Choice:
        if learner == "pca":
            return Choice("linear", "one affine map holds the principal components")
        return Choice("mlp", "a small network reads all values of a window at once")

    def batch(self, advised: int, about: Circumstances) -> int:
        return advised
