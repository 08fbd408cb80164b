"""Object detection: what is in a picture, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from headstart.core.contracts import Augment, Backbone, Batch, Columns, Example, Modality, Row, Step, Task
from headstart.core.contracts.choice import Circumstances, Suits
from headstart.core.contracts.look import Look
from headstart.core.contracts.placement import Placements
from headstart.core.contracts.ranges import Few, Size
from headstart.core.contracts.types import IGNORED
from headstart.core.errors import ContractError, DataError, RecipeError
from headstart.data.modalities.image.annotations import boxes_of, is_located
from headstart.models.nn.fpn import Fpn, scales
from headstart.training.heads import unseen_label
from headstart.training.tasks.detect.answer import Boxes, counted_names, outlined
from headstart.training.tasks.detect.average_precision import counted, precisions
from headstart.training.tasks.detect.boxes import distinct
from headstart.training.tasks.detect.dense_head import Places, Towers, decoded, losses, owners, spread
from headstart.training.tasks.detect.nearest_thumbnail import NearestThumbnail

_CANDIDATES = 500  # of a picture, before those that say the same are thinned out
_COST = 9.0  # of a box that nothing is known of, about: the loss begins near 1 whatever the number of boxes
_BOX_WEIGHT = 2.0  # of the boxes' loss beside that of the scores (Li et al. 2020, section 4)


class Detect(Task):
    """Say what is in a picture and where: boxes with a class and a score each.

    Every place of a feature pyramid says a box and the scores of the classes; no anchors (dense_boxes.py).

    classes    found in the train split unless given
    sizes      sides of small and of large boxes there (5 and 95 %), as parts of the picture: they choose the maps
    objects    boxes a picture there, which sets the scale of the loss
    width, depth  of the pyramid and of the convolutions before the answers
    radius     how many places from the centre of a box answer for it
    threshold  least score of a box that is answered
    shared     boxes of a class that overlap a better one by more than this IoU are left out
    most       boxes of a picture that are answered
    """

    baseline = NearestThumbnail
    # BCCD at 120 x 160, 10 passes: map50 .80; at twice the rate or in batches of 16 no better
    local: ClassVar[bool] = True
    advice: ClassVar[Mapping[str, Any]] = {
        "plan.batch": 8, "plan.lr": 1e-3, "plan.epochs": 30, "plan.min_steps": 500, "plan.beta2": 0.999,
        "plan.schedule": "cosine", "plan.warmup": 0.05, "augment.flip": True, "augment.shift": 0,
    }  # fmt: skip

    classes: tuple[str, ...]
    centre: Tensor
    cell: Tensor

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        classes: Sequence[str] = (),
        sizes: tuple[float, float] = (0.1, 0.5),
        objects: float = 5.0,
        width: Size = 64,
        depth: Few = 2,
        radius: float = 0.75,
        threshold: float = 0.05,
        shared: float = 0.5,
        most: int = 100,
    ) -> None:
        super().__init__(backbone, augment)
        if not classes:
            fix = "label objects in train pictures"
            raise DataError(424, "there are no boxes to learn from", found="no box", fix=fix)
        _check(sizes, objects, threshold, shared, most)
        self.classes, self.placement = tuple(classes), _placements(augment.modality)
        self.objects, self.radius, self.threshold = objects, radius, threshold
        self.shared, self.most = shared, most
        self._numbers = {name: number for number, name in enumerate(self.classes)}
        self.answer = self._boxes = Boxes(self.classes)
        ready = augment.modality.ready(sample)
        self.picture = (int(ready["x"].shape[2]), int(ready["x"].shape[3]))
        given = scales(backbone, ready)
        height, across = self.picture
        strides = [(height * across / (rows * columns)) ** 0.5 for _, rows, columns in given]
        first, count = spread([size * (height * across) ** 0.5 for size in sizes], strides)
        self.pyramid = Fpn(given, first=first, count=count, width=width)
        self.towers = Towers(width, len(self.classes), depth)
        places = Places.of(self.picture, self.pyramid.sizes)
        self.register_buffer("centre", places.centre, persistent=False)
        self.register_buffer("cell", places.cell, persistent=False)

    @property
    def places(self) -> Places:
        return Places(self.centre, self.cell)

    @classmethod
    def suits(cls, labels: Sequence[Any], about: Circumstances) -> Suits | None:
        boxes = bool(labels) and all(isinstance(label, Mapping) and "boxes" in label for label in labels)
        return Suits(1, "the labels are boxes") if boxes else None

    @classmethod
    def infer_settings(cls, labels: Sequence[Any]) -> dict[str, Any]:
        known = [label for label in labels if is_located(label)]
        names = sorted({str(name) for label in known for name in label["labels"]})
        every = np.concatenate([np.zeros(0), *map(_sides, known)])
        if not len(every):
            return {"classes": names}
        small, large = np.quantile(every, [0.05, 0.95]).round(4).tolist()
        return {"classes": names, "sizes": [small, large], "objects": round(max(1.0, len(every) / len(known)), 2)}

    @classmethod
    def show_label(cls, look: Look, example: Example, words: Sequence[str], modality: Modality) -> Look:
        label = example.get("label")
        if look.picture is None or label is None or not is_located(label):
            return super().show_label(look, example, words, modality)
        return replace(look, picture=outlined(look.picture, label, modality), title=counted_names(label["labels"]))

    def label(self, example: Example, row: Row) -> Columns:
        """Boxes in stored pixels [M, 4] and their classes y [M]; one of -100 where there is none."""
        label, where = example["label"], str(example.get("origin", ""))
        if not is_located(label) or "boxes" not in label:
            expected = '{"size": [h, w], "boxes": [[l, t, r, b], ...], "labels": [...]}'
            raise DataError(425, "the label must be boxes", where=where, found=type(label).__name__, expected=expected)
        unknown = next((name for name in label["labels"] if str(name) not in self._numbers), None)
        if unknown is not None:
            raise unseen_label(unknown, where, f"one of {len(self.classes)} classes")
        height, across = self.picture
        placement = self.placement.of(tuple(label["size"]))
        boxes = placement.inward(boxes_of(label, where)).clip(0, np.array([across, height] * 2, np.float32))
        seen = (boxes[:, 2:] > boxes[:, :2]).all(1)
        kinds = np.array([self._numbers[str(name)] for name in label["labels"]], np.int64)[seen]
        if not seen.any():
            return {"boxes": np.full((1, 4), IGNORED, np.float32), "y": np.full(1, IGNORED, np.int64)}
        return {"boxes": boxes[seen], "y": kinds}

    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        """What every place says [B, P, K + 4], and the boxes with their classes [B, M, 5]."""
        ready = self.augment(batch)
        targets = torch.cat([ready["boxes"], batch["y"][..., None].to(ready["boxes"].dtype)], 2)
        return self._outputs(backbone, ready), targets

    def judge(self, features: Tensor, targets: Tensor) -> Step:
        scores, raw = features.float().split([len(self.classes), 4], 2)
        truth, kinds = targets[..., :4], targets[..., 4].long()
        owner = owners(truth, self.places, self.radius)
        wrong, far, iou = losses(scores, decoded(raw, self.places), owner, truth, kinds)
        return Step((wrong + _BOX_WEIGHT * far).mean() / (self.objects * _COST), {"iou": iou})

    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        said = self.outputs(backbone, batch)
        original = batch["size"].tolist() if "size" in batch else [self.picture] * len(said)
        return [self._answer(row, (size[0], size[1])) for row, size in zip(said, original, strict=True)]

    def outputs(self, backbone: Backbone, batch: Batch) -> Tensor:
        """What every place says, [B, P, 4 + K]: a box in stored pixels, and the scores of the classes."""
        scores, raw = self._outputs(backbone, self.augment(batch)).float().split([len(self.classes), 4], 2)
        return torch.cat([decoded(raw, self.places), scores.sigmoid()], 2)

    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        found = precisions(self._boxes.matched(answers, examples), len(self.classes))
        if np.isnan(found).all():  # nothing to find
            nothing = float(not any(answer["boxes"] for answer in answers))
            return {"map50": nothing, "map": nothing}
        return {"map50": float(np.nanmean(found[0])), "map": float(np.nanmean(found))}

    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        return np.stack([counted(row, len(self.classes)) for row in self._boxes.matched(answers, examples)])

    def _outputs(self, backbone: Backbone, ready: Batch) -> Tensor:
        scores, boxes = self.towers(self.pyramid.read(backbone, ready))
        return torch.cat([scores, boxes], 2)

    def _answer(self, said: Tensor, original: tuple[int, int]) -> dict[str, Any]:
        """The best boxes of what every place of one picture says [P, 4 + K]."""
        boxes, scores = said[:, :4], said[:, 4:]
        best, number = scores.flatten().topk(min(_CANDIDATES, scores.numel()))
        good = best > self.threshold
        best, place, kind = best[good], number[good] // scores.shape[1], number[good] % scores.shape[1]
        height, across = self.picture
        seen = boxes[place].clamp(min=0).minimum(boxes.new_tensor([across, height, across, height]))
        kept = distinct(seen, best, kind, self.shared)[: self.most]
        return self.placed(seen[kept].cpu().numpy(), kind[kept].cpu().numpy(), best[kept].tolist(), original)

    def placed(
        self, boxes: np.ndarray, kinds: np.ndarray, scores: Sequence[float] | None, original: tuple[int, int]
    ) -> dict[str, Any]:
        """Boxes in stored pixels as an answer, in pixels of the original; without scores all are sure."""
        placed = self.placement.of(original).outward(boxes).round(2)
        seen = np.flatnonzero((placed[:, 2:] > placed[:, :2]).all(1)).tolist()
        sure = [1.0 if scores is None else scores[place] for place in seen]
        labels = [self.classes[kinds[place]] for place in seen]
        return {"boxes": placed[seen].tolist(), "labels": labels, "scores": sure}


def _sides(label: Mapping[str, Any]) -> np.ndarray:
    """Square roots of the boxes' areas, as parts of the picture's, [n]."""
    boxes, (height, width) = boxes_of(label, ""), label["size"]
    return np.sqrt((boxes[:, 2:] - boxes[:, :2]).clip(0).prod(1) / (height * width))


def _placements(modality: Modality) -> Placements:
    if modality.placement is None:
        fix = "use pictures, or another --task"
        raise ContractError(288, "detection needs pictures", found="data that are not pictures", fix=fix)
    return modality.placement


def _check(sizes: tuple[float, float], objects: float, threshold: float, shared: float, most: int) -> None:
    if not 0 < sizes[0] <= sizes[1] or objects <= 0:
        found = f"sizes={tuple(sizes)}, objects={objects}"
        raise RecipeError(287, "setting must be above 0", where="task", found=found, expected="above 0")
    if not (0 <= threshold < 1 and 0 < shared <= 1 and most >= 1):
        found = f"threshold={threshold}, shared={shared}, most={most}"
        raise RecipeError(288, "setting is out of range", where="task", found=found,
                          expected="threshold from 0 to 1, shared above 0, most at least 1")  # fmt: skip
