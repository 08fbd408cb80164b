"""Masks as answers: in a line, on the pictures they were answered for, and a table by class."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from headstart.core.contracts import Example, Modality
from headstart.core.contracts.answer import Answer, Aspect, HeadExport
from headstart.core.contracts.budget import Budget
from headstart.core.contracts.metric import Metric
from headstart.data.modalities.image.annotations import mask_of
from headstart.data.modalities.image.overlay import SAID, TRUE, Colour, bordered
from headstart.training.tasks.segment import overlaps


class Masks(Answer):
    """A class for every pixel; with `objects`, the object it belongs to.

    values  the number of each class in the masks; none: every number above 0 is an object
    ignore  the number of pixels that nobody judged, -1: there are none
    """

    legend: ClassVar[str] = "outlines of the answer in orange, of the truth in blue, of both in white"

    def __init__(self, classes: Sequence[str], values: Sequence[int], ignore: int, *, objects: bool) -> None:
        dice = Metric("dice", fraction=True, from_rows=overlaps.mean_dice)
        miou = Metric("miou", fraction=True, from_rows=overlaps.mean_iou, hub="mean_iou")
        super().__init__((dice, miou, Metric("ap50", fraction=True)), classes)
        self.values, self.ignore, self._objects = tuple(values), ignore, objects

    def counts(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        """Pixels of each row and class found, invented and missed, [n, K, 3]."""
        pairs = _pairs(answers, examples)
        return np.stack([overlaps.pixels(predicted, truth, self.values, self.ignore) for predicted, truth in pairs])

    def objects(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        """Objects of each row found, invented and missed, [n, 3]."""
        return np.array([overlaps.objects(*pair) for pair in _pairs(answers, examples)])

    def line(self, side: Mapping[str, Any], words: Sequence[str]) -> str:
        if "classes" in side:
            objects = [f"{side['objects']:,} objects"] if "objects" in side else []
            return ", ".join([f"{name} {share:.1%}" for name, share in side["classes"].items()] + objects)
        values, counts = np.unique(mask_of(side["label"], str(side.get("origin", "")), Budget()), return_counts=True)
        shares = [f"{value}: {share:.1%}" for value, share in zip(values, counts / counts.sum(), strict=True)]
        if not self._objects and len(shares) < 10:
            return ", ".join(shares)
        away = values > 0
        return f"{self.names[-1]} {counts[away].sum() / counts.sum():.1%}, {away.sum():,} objects"

    def draw(self, picture: Any, answer: Mapping[str, Any], example: Example, modality: Modality) -> Any:
        """A stored picture with the outlines of the answered mask and, where there is one, of the true mask."""
        return outlined(picture, [(answer, SAID), (example["label"], TRUE)], modality)

    def aspects(self, answer: Mapping[str, Any]) -> Sequence[Aspect]:
        """Of each class, how far its pixels stay where they are (IoU), those with a name above 0 first."""
        there = [place for place, share in enumerate(answer["classes"].values()) if share > 0]
        order = sorted(there, key=lambda place: (place == 0, -answer["classes"][self.names[place]]))
        return [Aspect(self.names[place], partial(self._overlap, answer["mask"], place)) for place in order]

    def _overlap(self, own: str, place: int, other: Mapping[str, Any]) -> float:
        return float(np.nan_to_num(overlaps.iou(overlaps.pixels(other["mask"], own, self.values, -1))[place]))

    def table(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> list[dict[str, Any]]:
        counts = self.counts(answers, examples).sum(0)
        rows = zip(self.names, counts, overlaps.iou(counts), overlaps.dice(counts), strict=True)
        return [{"class": name, "pixels": int(of[0] + of[2]), "iou": float(iou), "dice": float(dice)}
                for name, of, iou, dice in rows if of.any()]  # fmt: skip

    def pipeline(self, modality: str) -> str:
        return "image-segmentation"

    def export(self) -> HeadExport:
        return HeadExport(classes=[*self.names, *([f"core of {self.names[1]}"] if self._objects else [])])


def _pairs(answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> list[tuple[str, str]]:
    return [(answer["mask"], example["label"]["mask"]) for answer, example in zip(answers, examples, strict=True)]


def _stored(side: Mapping[str, Any], modality: Modality) -> np.ndarray:
    assert modality.placement is not None
    mask = mask_of(side, "a mask of the report", Budget())
    return modality.placement.of((mask.shape[0], mask.shape[1])).inward_mask(mask)


def outlined(
    picture: Image.Image, masks: Sequence[tuple[Mapping[str, Any] | None, Colour]], modality: Modality
) -> Image.Image:
    """A stored picture with the outlines of masks, each in its colour, white where several run; None has no outline."""
    return bordered(picture, *((_stored(mask, modality), colour) for mask, colour in masks if mask is not None))
