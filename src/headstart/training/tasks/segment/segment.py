"""Segmentation: a class for every pixel, and which object it belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from headstart.core.contracts import Augment, Backbone, Batch, Columns, Example, Modality, Row, Step, Task
from headstart.core.contracts.budget import Budget
from headstart.core.contracts.choice import Circumstances, Suits
from headstart.core.contracts.look import Look
from headstart.core.contracts.placement import Placements
from headstart.core.contracts.ranges import Few, Size, Weight
from headstart.core.errors import ContractError, DataError, RecipeError
from headstart.data.modalities.image.annotations import mask_of, packed
from headstart.data.modalities.image.overlay import TRUE
from headstart.models.nn.patches import as_map
from headstart.models.nn.pyramid import MapHead
from headstart.training.tasks.segment import overlaps
from headstart.training.tasks.segment.answer import Masks, outlined
from headstart.training.tasks.segment.instances import cores, parted, without_small
from headstart.training.tasks.segment.mask_labels import BACKGROUND, OBJECT, UNKNOWN, check_mask, classes_in, settled
from headstart.training.tasks.segment.pixel_baseline import PixelBaseline

_AT_ONCE = 1 << 20  # pixels answered together: maps at full size take hundreds of bytes each
_LEAST_PLACES, _WIDEST_PLACE = 4, 32  # along a side, and in pixels: coarser maps do not say where something is
# logit from which a pixel is a core, p = .73: cores that are not sure bridge objects. Nuclei, 42 held-out pictures,
# after 300 steps, ap50: .728 from -1 on, .749 from 0, .763 from 1, .771 from 2, .731 from 3
_SURE = 1.0


class Segment(Task):
    """Say of every pixel which class it shows and, where masks number objects, which object it belongs to.

    classes  their names, background first (found in the train split unless given)
    values   the number of each class in the masks; none: every number above 0 is an object
    counts   pixels of each class in the train split, for `weights="auto"`
    objects  masks number objects of one class: learn to tell those apart that touch
    smallest answer no objects of fewer pixels (half of the smallest in the train split, unless given)
    ignore   the number of pixels that nobody judged (255, where masks hold it beside other classes), -1: there are none
    weights  "none" or "auto" (inverse class frequency)
    dice     weight of the Dice loss (Milletari et al., 3DV 2016) beside the cross entropy
    width    channels of the head at full size; twice and four times as many where maps are smaller

    For objects one more output learns their cores, from which answered objects are grown (instances.py).
    """

    baseline = PixelBaseline
    # a cnn that halves three times, from few channels on, sees twice as far as its usual one in half of the time
    local: ClassVar[bool] = True
    advice: ClassVar[Mapping[str, Any]] = {
        "plan.batch": 8, "plan.min_steps": 300, "plan.channels_last": True, "augment.flip": True,
        "backbone.channels": (16, 32, 64, 128),
    }  # fmt: skip

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        classes: Sequence[str] = (BACKGROUND, OBJECT),
        values: Sequence[int] = (),
        counts: Sequence[int] = (),
        objects: bool = False,
        smallest: Few = 0,
        ignore: int = -1,
        weights: Literal["none", "auto"] = "none",
        dice: Weight = 1.0,
        width: Size = 16,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(backbone, augment)
        if objects and values:
            classes, values = (BACKGROUND, OBJECT), ()
        _check_classes(classes, values, counts, weights)
        self.objects, self.ignore, self.dice = objects, ignore, dice
        self.classes, self.values, self.smallest = tuple(classes), tuple(values), smallest
        self.answer = self._masks = Masks(classes, values, ignore, objects=objects)
        self.placement = _placements(augment.modality)
        scales, picture = _scales(backbone, sample, augment)
        self.head = MapHead(
            [one.shape[1] for one in scales], [(one.shape[2], one.shape[3]) for one in scales], picture,
            len(classes) + objects, width=width, dropout=dropout,
        )  # fmt: skip
        share = torch.tensor(counts if weights == "auto" else [1] * len(classes), dtype=torch.float32).clamp_min(1)
        self.register_buffer("class_weight", share.sum() / (len(classes) * share), persistent=False)
        self.class_weight: Tensor

    @classmethod
    def suits(cls, labels: Sequence[Any], about: Circumstances) -> Suits | None:
        masks = bool(labels) and all(isinstance(label, Mapping) and "mask" in label for label in labels)
        return Suits(1, "the labels are masks") if masks else None

    @classmethod
    def infer_settings(cls, labels: Sequence[Any]) -> dict[str, Any]:
        return settled(labels)

    @classmethod
    def show_label(cls, look: Look, example: Example, words: Sequence[str], modality: Modality) -> Look:
        if look.picture is None or example.get("label") is None:
            return super().show_label(look, example, words, modality)
        return replace(look, picture=outlined(look.picture, [(example["label"], TRUE)], modality))

    def label(self, example: Example, row: Row) -> Columns:
        """mask int16 or int32 [H, W] in stored pixels: places among the classes, or numbers of objects."""
        where = str(example.get("origin", ""))
        check_mask(example["label"], where)
        given = mask_of(example["label"], where, Budget())
        stored = self.placement.of((given.shape[0], given.shape[1])).inward_mask(given)
        if self.objects:
            return {"mask": np.maximum(stored, 0)}
        found = classes_in(stored, self.values, self.ignore)
        if (found == -1).any():
            raise DataError(
                432, "a number of this mask was never seen in the train split", where=where,
                found=int(stored[found == -1][0]), expected=", ".join(map(str, self.values)),
                fix="add train rows of this class, drop the row, or set task.ignore to the number",
            )  # fmt: skip
        return {"mask": found}

    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        """Outputs of the head [B, K, H, W], with those of the cores last, and the mask [B, H, W] that was moved."""
        ready = self.augment(batch)
        return self._outputs(backbone, ready), ready["mask"]

    def judge(self, features: Tensor, targets: Tensor) -> Step:
        outputs, mask = features.float(), targets.long()
        judged = mask != UNKNOWN
        truth = (mask > 0).long() if self.objects else mask
        loss, found = self._classes_loss(outputs[:, : len(self.classes)], truth.clamp_min(0), judged)
        if self.objects:
            core = cores(mask).float()
            predicted = outputs[:, -1]
            entropy = functional.binary_cross_entropy_with_logits(predicted, core, reduction="none")
            loss = loss + _mean(entropy, judged)
            loss = loss + self.dice * (1 - _dice(predicted.sigmoid()[:, None], core[:, None], judged)[:, 0])
        return Step(loss.mean(), {"pixel_accuracy": _mean(found.float(), judged).mean().detach()})

    def _classes_loss(self, outputs: Tensor, truth: Tensor, judged: Tensor) -> tuple[Tensor, Tensor]:
        """Loss of each row [B], and where the likeliest class is the true one [B, H, W]."""
        entropy = functional.cross_entropy(outputs, truth, reduction="none") * self.class_weight[truth]
        one_hot = functional.one_hot(truth, len(self.classes)).movedim(3, 1).to(outputs.dtype)
        first = int(self._has_background())
        overlap = _dice(outputs.softmax(1)[:, first:], one_hot[:, first:], judged)  # [B, K]
        return _mean(entropy, judged) + self.dice * (1 - overlap).mean(1), outputs.argmax(1) == truth

    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        _, _, height, width = batch["x"].shape
        pieces = -(-len(batch["x"]) * height * width // _AT_ONCE)
        answers: list[dict[str, Any]] = []
        for rows in torch.arange(len(batch["x"]), device=batch["x"].device).chunk(pieces):
            outputs = self._outputs(backbone, self.augment({name: values[rows] for name, values in batch.items()}))
            sizes = batch["size"][rows].tolist() if "size" in batch else [[height, width]] * len(rows)
            maps = outputs.detach().float().cpu().numpy()
            answers += [self.decode(one, size) for one, size in zip(maps, sizes, strict=True)]
        return answers

    def outputs(self, backbone: Backbone, batch: Batch) -> Tensor:
        """Probabilities of each pixel of the stored picture [B, K, H, W]; that of being a core last, for objects."""
        outputs = self._outputs(backbone, self.augment(batch)).float()
        shares = outputs[:, : len(self.classes)].softmax(1)
        return torch.cat([shares, outputs[:, -1:].sigmoid()], 1) if self.objects else shares

    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        """dice where there is one class before the background, else miou, comes first: pixels of all rows together.

        dice is a mean over the classes without background, miou over all. ap50 is, for objects, the mean over pictures
        of found / (found + invented + missed), as the Data Science Bowl 2018 counts it, at an IoU above 0.5.
        """
        counts = self._masks.counts(answers, examples).sum(0)
        first = int(self._has_background())
        dice, iou = overlaps.dice(counts[first:]), overlaps.iou(counts)
        scores = {"dice": overlaps.mean_of(dice), "miou": overlaps.mean_of(iou)}
        if self.objects:
            found = overlaps.iou(self._masks.objects(answers, examples))
            scores["ap50"] = float(np.nan_to_num(found, nan=1.0).mean())
        return dict(sorted(scores.items(), key=lambda item: item[0] != self._headline()))

    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        """[n, 3 K]: pixels found, invented and missed of each class that the headline is about."""
        counts = self._masks.counts(answers, examples)
        first = int(self._headline() == "dice" and self._has_background())
        return counts[:, first:].reshape(len(counts), -1).astype(np.float64)

    def _outputs(self, backbone: Backbone, ready: Batch) -> Tensor:
        return self.head([as_map(scale) for scale in backbone.pyramid(ready)], ready["x"])

    def decode(self, outputs: np.ndarray, size: Sequence[int]) -> dict[str, Any]:
        """Outputs [K, H, W] of one stored picture, perhaps those of cores last -> the answer for the original."""
        count, placement = len(self.classes), self.placement.of((size[0], size[1]))
        classes = outputs[:count].argmax(0)
        objects: dict[str, Any] = {}
        if self.objects:
            core = outputs[count] > _SURE if len(outputs) > count else np.zeros(classes.shape, bool)
            mask = without_small(placement.outward_mask(parted(classes > 0, core), 0), self.smallest)
            objects["objects"] = int(mask.max())
        else:
            values = np.asarray(self.values or range(count))
            mask = placement.outward_mask(values[classes], int(values[0]))
        shares = np.bincount(classes_in(mask, self.values, -1).ravel(), minlength=count) / mask.size
        return {"mask": packed(mask), "classes": dict(zip(self.classes, shares.tolist(), strict=True)), **objects}

    def _has_background(self) -> bool:
        return not self.values or self.values[0] == 0

    def _headline(self) -> str:
        return "dice" if len(self.classes) - self._has_background() == 1 else "miou"


def _mean(each: Tensor, judged: Tensor) -> Tensor:
    """Mean over the judged pixels of each row, [B, H, W] -> [B]; 0 where there are none."""
    return (each * judged).sum((1, 2)) / judged.sum((1, 2)).clamp_min(1)


def _dice(predicted: Tensor, truth: Tensor, judged: Tensor) -> Tensor:
    """Soft overlap of each row and class, [B, K, H, W] -> [B, K]: 2 sum(p g) / (sum(p^2) + sum(g^2)), 1 where both are
    empty (Milletari et al. 2016, section 3)."""
    predicted, truth = predicted * judged[:, None], truth * judged[:, None]
    shared, whole = (predicted * truth).sum((2, 3)), predicted.square().sum((2, 3)) + truth.square().sum((2, 3))
    return (2 * shared + 1) / (whole + 1)


def _placements(modality: Modality) -> Placements:
    if modality.placement is None:
        fix = "give pictures with masks"
        raise ContractError(310, "segmentation needs pictures", found=type(modality).__name__.lower(), fix=fix)
    return modality.placement


def _scales(backbone: Backbone, sample: Batch, augment: Augment) -> tuple[list[Tensor], tuple[int, int, int]]:
    """The backbone's maps, finest first, by asking it once, and the shape of its picture."""
    was_training, ready = backbone.training, augment.modality.ready(sample)
    backbone.eval()
    with torch.no_grad():
        found = backbone.pyramid(ready)
    backbone.train(was_training)
    _, channels, height, width = ready["x"].shape
    least = max(_LEAST_PLACES, height / _WIDEST_PLACE)
    if any(len(one.grid) != 2 for one in found) or min(found[0].grid) < least:
        raise ContractError(
            311, f"{type(backbone).__name__.lower()} has no feature map that is fine enough",
            found=f"a grid of {list(found[0].grid)}", expected=f"{least:.0f} x {least:.0f} places or more",
            fix="use a backbone that keeps places: cnn, resnet, vit, timm",
        )  # fmt: skip
    return [as_map(one) for one in found], (channels, height, width)


def _check_classes(classes: Sequence[str], values: Sequence[int], counts: Sequence[int], weights: str) -> None:
    if len(classes) < 2:
        found, fix = ", ".join(classes) or "no pixel", "label pixels of a second class"
        raise DataError(431, "the masks have only one class", found=found, fix=fix)
    right = len(values) or 2
    if len(classes) != right or list(values) != sorted(set(values)):
        numbers = f"the numbers {', '.join(map(str, values))}, rising" if values else "background and object"
        raise RecipeError(310, "names of classes do not fit the masks", where="task.classes", found=", ".join(classes),
                          expected=f"{right} names, for {numbers}")  # fmt: skip
    if weights == "auto" and len(counts) != right:
        raise RecipeError(311, "every class needs a pixel count", where="task.counts", found=list(counts),
                          expected=f"{right} numbers")  # fmt: skip
