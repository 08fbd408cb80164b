"""What suits pictures where neither the user nor another part says so; the evidence is in docs/results.md."""

from collections.abc import Mapping
from typing import Any, ClassVar

from headstart.core.contracts.choice import Choice, Circumstances, ClosedStart

FEWEST = 512
"""Pictures from which contrast is learned: two batches of its default size."""

LEAST_BATCH, LARGE = 16, 256 * 64 * 64
"""Rows that a batch does not go below by itself, and pixels that it does not go beyond without an accelerator."""

_FEW_PICTURES = 100  # of so few, there are not enough patches for all words of a dictionary


class PictureDefaults:
    """Learners, networks and batches for pictures."""

    advice: ClassVar[Mapping[str, Any]] = {}

    def learner(self, about: Circumstances, backbone: str) -> Choice:
        if about.local:
            why = "the labels are places in pictures, and reconstructing hidden squares trains local features"
            return Choice("masked", why)
        if about.hurried(60) and backbone == "auto":
            why = "on a CPU there is time for few gradient steps, and a dictionary of patches needs none"
            return Choice("kmeans", why)
        if about.rows < FEWEST and backbone == "auto":
            why = f"{about.rows:,} pictures are fewer than two batches for contrastive learning"
            return Choice("kmeans", why)
        return Choice("contrastive", "this network learns best by contrasting augmented views")

    def backbone(self, about: Circumstances, learner: str) -> Choice:
        if about.device == "cpu":
            return Choice("cnn", "plain convolutions are the fastest on a host without accelerator")
        return Choice("resnet", "convolutions suit few images")

    def closed_start(self, rows: int) -> ClosedStart | None:
        few = {"backbone.words": 8 * rows} if rows < _FEW_PICTURES else {}
        return ClosedStart("kmeans", few, "a dictionary of patches tells pictures apart better than pixels do")

    def batch(self, advised: int, about: Circumstances) -> int:
        """So few rows that a pass has four steps and, without an accelerator, no more pixels than 256 of 64 x 64 have.

        Ten passes over 208 pictures of 256 x 256 in batches of 256 would be ten steps of half a minute.
        """
        sizes, most = about.spec.sizes, about.rows // 4
        if about.device == "cpu":
            most = min(most, LARGE // (sizes["height"] * sizes["width"]))
        return min(advised, max(LEAST_BATCH, 1 << max(0, most.bit_length() - 1)))
