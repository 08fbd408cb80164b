"""Boxes as answers: in a line, on a picture, and a table by class."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from headstart.core.contracts import Example, Modality
from headstart.core.contracts.answer import Answer, Aspect, HeadExport
from headstart.core.contracts.metric import Metric
from headstart.data.modalities.image.overlay import SAID, TRUE, boxed
from headstart.training.tasks.detect.average_precision import Matched, Matcher, ap50, pairwise_iou, precisions

SURE = 0.3  # boxes with a lower score are not drawn: a detector says many of which it is not sure
# rows count right and wrong detections at every score, and true boxes
_METRICS = (Metric("map50", fraction=True, from_rows=ap50), Metric("map", fraction=True))


class Boxes(Answer):
    """Boxes with a class and a score each, in pixels of the original."""

    legend: ClassVar[str] = f"said: orange, from a score of {SURE:g}; true: blue"

    def __init__(self, classes: Sequence[str]) -> None:
        super().__init__(_METRICS, classes)
        self._matcher = Matcher(classes)

    def matched(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> list[Matched]:
        """Which detections of each picture are right."""
        return self._matcher.all(answers, [example["label"] for example in examples])

    def line(self, side: Mapping[str, Any], words: Sequence[str]) -> str:
        """Boxes in words: "3 cat, 1 dog"."""
        return counted_names(_sure(side if "boxes" in side else side["label"])["labels"])

    def draw(self, picture: Any, answer: Mapping[str, Any], example: Example, modality: Modality) -> Any:
        """A stored picture, enlarged, with both kinds of boxes."""
        return outlined(picture, example["label"], modality, _sure(answer)["boxes"])

    def aspects(self, answer: Mapping[str, Any]) -> Sequence[Aspect]:
        """Of each box, its score: that of the box of its class that overlaps it most, times the overlap."""
        order = np.argsort(-np.array(answer["scores"]), kind="stable") if answer["boxes"] else []
        return [Aspect(f"{answer['labels'][n]} at {', '.join(f'{edge:.0f}' for edge in answer['boxes'][n])}",
                       partial(_found_again, answer["labels"][n], answer["boxes"][n])) for n in order]  # fmt: skip

    def table(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> list[dict[str, Any]]:
        rows = self.matched(answers, examples)
        precision, wanted = precisions(rows, len(self.names)), np.sum([row.wanted for row in rows], 0)
        return [
            {"class": name, "boxes": int(count), "ap50": float(each[0]), "ap": float(each.mean())}
            for name, count, each in zip(self.names, wanted, precision.T, strict=True)
            if count
        ]

    def pipeline(self, modality: str) -> str:
        return "object-detection"

    def export(self) -> HeadExport:
        note = (
            "It gives [B, places, 4 + classes]: left, top, right and bottom in pixels of what it takes, and\n"
            "the score of each class. Leave out low scores, then boxes that overlap a better one of their class."
        )
        return HeadExport(classes=self.names, note=note)


def _sure(side: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The boxes of an answer, or of the truth, that are worth a look."""
    kept = [place for place, score in enumerate(side.get("scores", [1.0] * len(side["boxes"]))) if score >= SURE]
    return {name: [side[name][place] for place in kept] for name in ("boxes", "labels")}


def outlined(
    picture: Image.Image, label: Mapping[str, Any], modality: Modality, said: Sequence[Any] = ()
) -> Image.Image:
    """A stored picture, enlarged, with the true boxes of its label and those that were said."""
    assert modality.placement is not None
    placement = modality.placement.of((label["size"][0], label["size"][1]))
    kinds = ((label["boxes"], TRUE), (said, SAID))
    inward = [
        (placement.inward(np.array(boxes)) if len(boxes) else np.empty((0, 4)), colour) for boxes, colour in kinds
    ]
    return boxed(picture, *inward)


def counted_names(names: Sequence[Any]) -> str:
    """Names in words: "3 cat, 1 dog"."""
    return ", ".join(f"{count} {name}" for name, count in Counter(map(str, names)).most_common()) or "nothing"


def _found_again(label: str, box: Sequence[float], other: Mapping[str, Any]) -> float:
    same = [number for number, name in enumerate(other["labels"]) if name == label]
    if not same:
        return 0.0
    shared = pairwise_iou(np.array([box], np.float64), np.array(other["boxes"], np.float64)[same])[0]
    return float((shared * np.array(other["scores"])[same]).max())
