"""What suits sounds where neither the user nor another part says so; the evidence is in docs/results.md."""

from collections.abc import Mapping
from typing import Any, ClassVar

from headstart.core.contracts.choice import Choice, Circumstances, ClosedStart

LEAST_BATCH, LARGE = 16, 256 * 40 * 100
"""Rows that a batch does not go below by itself, and values of spectra that it does not go beyond on a host."""


class SoundDefaults:
    """Learners, networks and batches for sounds."""

    advice: ClassVar[Mapping[str, Any]] = {
        # four scales of few channels: .997 on spoken digits, an eighth of the arithmetic of what suits pictures
        "backbone.channels": (16, 32, 64, 96), "backbone.residual": 0,
        "backbone.side": 1024,  # patches of spectra at their own size
    }  # fmt: skip

    def learner(self, about: Circumstances, backbone: str) -> Choice:
        if about.hurried(60) and backbone == "auto":
            why = "a dictionary of patches needs no gradient steps, and is best at speakers whom nobody has heard"
            return Choice("kmeans", why)
        return Choice("contrastive", "this network learns best by contrasting two parts of a sound")

    def backbone(self, about: Circumstances, learner: str) -> Choice:
        return Choice("cnn", "convolutions suit spectra of few sounds")

    def closed_start(self, rows: int) -> ClosedStart | None:
        return None  # statistics of spoken digits: NMI .51, a dictionary of patches .40

    def batch(self, advised: int, about: Circumstances) -> int:
        """So few rows that a pass has four steps and, without an accelerator, spectra stay in memory."""
        sizes, most = about.spec.sizes, about.rows // 4
        if about.device == "cpu":
            most = min(most, LARGE // max(1, sizes.get("height", 1) * sizes.get("width", 1)))
        return min(advised, max(LEAST_BATCH, 1 << max(0, most.bit_length() - 1)))
