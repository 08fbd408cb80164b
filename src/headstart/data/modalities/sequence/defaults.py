"""What suits sequences where neither the user nor another part says so; the evidence is in docs/results.md."""

from collections.abc import Mapping
from typing import Any, ClassVar

from headstart.core.contracts.choice import Choice, Circumstances


class SequenceDefaults:
    """Learners and networks for sequences; fitness is asked about ranks first."""

    advice: ClassVar[Mapping[str, Any]] = {"task.headline": "spearman", "task.scale": "auto"}

    def learner(self, about: Circumstances, backbone: str) -> Choice:
        return Choice("masked", "predicting hidden letters from both sides gives every letter a vector")

    def backbone(self, about: Circumstances, learner: str) -> Choice:
        return Choice("dilated", "it learns three times as many rows a second as a transformer and sees single letters")

    def batch(self, advised: int, about: Circumstances) -> int:
        return advised
