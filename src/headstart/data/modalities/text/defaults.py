"""What suits texts where neither the user nor another part says so; the evidence is in docs/results.md."""

from collections.abc import Mapping
from typing import Any, ClassVar

from headstart.core.contracts.choice import Choice, Circumstances, ClosedStart


class TextDefaults:
    """Learners and networks for texts."""

    # the graph of spectral clusters splits a handful of near copies off: NMI of AG News .02, k-means .24
    advice: ClassVar[Mapping[str, Any]] = {"task.method": "kmeans"}

    def learner(self, about: Circumstances, backbone: str) -> Choice:
        if about.local:
            return Choice("masked", "the labels are of words, and predicting hidden tokens gives every word a vector")
        if about.hurried(30) and backbone == "auto":
            return Choice("lsa", "on a CPU there is too little time for a language model, and topics take seconds")
        return Choice("masked", "predicting hidden tokens from both sides suits understanding of texts")

    def backbone(self, about: Circumstances, learner: str) -> Choice:
        return Choice("encoder", "it reads a text in both directions")

    def closed_start(self, rows: int) -> ClosedStart | None:
        few = {"backbone.width": max(2, rows // 4)} if rows < 400 else {}  # topics are fewer than texts
        return ClosedStart("lsa", few, "topics tell texts apart")

    def batch(self, advised: int, about: Circumstances) -> int:
        return advised
