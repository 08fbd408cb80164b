"""What suits sequences where neither the user nor another part says so; the evidence is in docs/results.md."""

from collections.abc import Mapping
from typing import Any, ClassVar

from headstart.core.contracts.choice import Choice, Circumstances, ClosedStart


class SequenceDefaults:
    """Learners and networks for sequences; fitness is asked about ranks first."""

    advice: ClassVar[Mapping[str, Any]] = {"task.headline": "spearman", "task.scale": "auto"}

    def learner(self, about: Circumstances, backbone: str) -> Choice:
        return Choice("masked", "predicting hidden letters from both sides gives every letter a vector")

    def backbone(self, about: Circumstances, learner: str) -> Choice:
        return Choice("dilated", "it learns three times as many rows a second as a transformer and sees single letters")

    def closed_start(self, rows: int) -> ClosedStart | None:
        few = {"backbone.width": max(2, rows // 4)} if rows < 400 else {}  # topics are fewer than texts
        return ClosedStart("lsa", few, "topics tell sequences apart")

    def batch(self, advised: int, about: Circumstances) -> int:
        return advised
