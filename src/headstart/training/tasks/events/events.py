"""Events in time: what is heard in a recording, from when to when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from headstart.core.contracts import Augment, Backbone, Batch, Columns, Example, Modality, Row, Step, Task
from headstart.core.contracts.choice import Circumstances, Suits
from headstart.core.contracts.look import Look
from headstart.core.contracts.ranges import Few, Share
from headstart.core.contracts.types import IGNORED
from headstart.core.errors import ContractError, DataError
from headstart.models.nn.moment_head import MomentHead, there
from headstart.models.nn.sizes import trying
from headstart.models.nn.time_axis import over_time, seconds_per_moment
from headstart.training.heads import unseen_label
from headstart.training.tasks.events.event_scores import Event, counts, events_in, heard, segment_counts
from headstart.training.tasks.events.occurrences import Occurrences
from headstart.training.tasks.events.similar_recording import SimilarRecording

_SETTLED_ON = 100  # held-out rows by which thresholds are chosen
_THRESHOLDS = tuple(round(0.1 * n, 1) for n in range(1, 10))
_SECONDS = (0.0, 0.1, 0.25, 0.5, 1.0)  # over which answers are smoothed


class Events(Task):
    """Say what is heard from when to when; several events may go on at a time.

    Each of the network's places along time says every label, after a memory in both directions has read them. A place
    belongs to an event where most places around it reach a threshold; threshold and smoothing of each label are those
    with the best F1 on held-out rows. Rows are learned as they are, without augmentation, which could move events.

    classes  labels of events (those of the train rows unless given)
    memory   width of the memory, each way; 0: none, every place is read for itself
    dropout  share of values in front of the memory and behind it that training leaves out
    """

    baseline = SimilarRecording
    local: ClassVar[bool] = True
    gathers: ClassVar[bool] = True

    thresholds: Tensor
    smoothing: Tensor

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        classes: Sequence[str] = (),
        memory: Few = 64,
        dropout: Share = 0.0,
    ) -> None:
        super().__init__(backbone, augment)
        self.rate = augment.modality.spec.rate
        if not self.rate:
            found, fix = f"data of kind {type(augment.modality).__name__.lower()}", "use recordings, or another --task"
            raise ContractError(506, "events need rows that run over time", found=found, fix=fix)
        if not classes:
            fix = "label events in train rows"
            raise DataError(512, "there are no events to learn from", found="no event", fix=fix)
        self.classes = tuple(classes)
        self.answer = Occurrences(self.classes)
        self._numbers = {name: number for number, name in enumerate(self.classes)}
        ready = augment.modality.ready(sample)
        with trying(backbone):
            width = over_time(backbone(ready), ready)[0].shape[2]
        self.head = MomentHead(width, len(self.classes), memory=memory, dropout=dropout)
        self.register_buffer("thresholds", torch.full((len(self.classes),), 0.5))
        self.register_buffer("smoothing", torch.zeros(len(self.classes)))  # seconds

    @classmethod
    def suits(cls, labels: Sequence[Any], about: Circumstances) -> Suits | None:
        fits = about.spec.rate > 0 and any(labels) and all(map(_are_events, labels))
        return Suits(2, "the labels are events in time") if fits else None

    @classmethod
    def infer_settings(cls, labels: Sequence[Any]) -> dict[str, Any]:
        return {"classes": sorted({one.label for label in labels if label is not None for one in events_in(label, "")})}

    @classmethod
    def strata(cls, labels: Sequence[Any]) -> None:
        return None

    @classmethod
    def show_label(cls, look: Look, example: Example, words: Sequence[str], modality: Modality) -> Look:
        if not _are_events(example.get("label")):
            return super().show_label(look, example, words, modality)
        return replace(look, title=Occurrences(()).line({"label": example["label"]}, words))

    def label(self, example: Example, row: Row) -> Columns:
        """Beginning, end and number of the label of each event, float32 [M, 3]; one row of -100 where there is none."""
        where = str(example.get("origin", ""))
        found = events_in(example["label"], where)
        odd = next((one.label for one in found if one.label not in self._numbers), None)
        if odd is not None:
            raise unseen_label(odd, where, f"one of {len(self.classes)} labels of events")
        rows = [(one.start, one.end, self._numbers[one.label]) for one in found] or [[IGNORED] * 3]
        return {"y": np.array(rows, np.float32)}

    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        """What is seen of every moment [B, T, F]; which labels go on then and, at the end, whether it is there at all,
        [B, T, K + 1]."""
        seen, moments, second = self._seen(backbone, batch)
        events = batch["y"][:, None]  # [B, 1, M, 3]
        middle = (torch.arange(seen.shape[1], device=seen.device) + 0.5)[None, :, None] * second  # [1, T, 1]
        during = (events[..., 0] <= middle) & (middle < events[..., 1])
        short = ((events[..., 0] + events[..., 1]) / 2 - middle).abs() <= second / 2  # of less than a moment
        named = functional.one_hot(events[..., 2].long().clamp_min(0), len(self.classes))  # [B, 1, M, K]
        known = (events[..., 2:] >= 0) & (during | short)[..., None]
        targets = (known & (named > 0)).any(2).float()
        return seen, torch.cat([targets, there(seen, moments)[..., None].float()], 2)

    def _seen(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor, float]:
        """Vectors of moments [B, T, F], how many are there [B], and the seconds of each."""
        ready = self.augment.modality.ready(batch)
        seen, keep = over_time(backbone(ready), ready)
        return seen, keep.sum(1), seconds_per_moment(ready, seen.shape[1], self.rate)

    def judge(self, features: Tensor, targets: Tensor) -> Step:
        keep = targets[..., -1]
        scores = self.head(features, keep.sum(1))
        each = functional.binary_cross_entropy_with_logits(scores, targets[..., :-1], reduction="none").mean(2)
        return Step(((each * keep).sum(1) / keep.sum(1).clamp_min(1)).mean())

    def settle(self, backbone: Backbone, batches: Iterable[Batch]) -> None:
        """Threshold and smoothing of each label with the best F1 of its events; of equals those nearest to the first
        ones, a half and none."""
        rows: list[tuple[np.ndarray, list[Event], float]] = []
        for batch in batches:
            with torch.no_grad():
                shares, moments, second = self._shares(backbone, batch)
            for one, count, row in zip(shares, moments, batch["y"], strict=True):
                rows.append((one[:count], self._events(row.cpu().numpy()), second))
            if len(rows) >= _SETTLED_ON:
                break
        if not rows:
            return
        for number, name in enumerate(self.classes):
            own = [(shares[:, number], [e for e in true if e.label == name], second) for shares, true, second in rows]
            if any(true for _, true, _ in own):
                self.thresholds[number], self.smoothing[number] = _best(own, name)

    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        shares, moments, second = self._shares(backbone, batch)
        settled = list(zip(self.classes, self.thresholds.tolist(), self.smoothing.tolist(), strict=True))
        answers = []
        for row, count in zip(shares, moments, strict=True):
            found = [
                (event, share)
                for number, (name, threshold, smooth) in enumerate(settled)
                for event, share in heard(row[:count, number], threshold, _width(smooth, second), second, name)
            ]
            answers.append({"events": [{**event._asdict(), "score": share} for event, share in sorted(found)]})
        return answers

    def _shares(self, backbone: Backbone, batch: Batch) -> tuple[np.ndarray, list[int], float]:
        """Probabilities of labels at moments [B, T, K], how many moments are there, and the seconds of each."""
        seen, moments, second = self._seen(backbone, batch)
        return self.head(seen, moments).sigmoid().cpu().numpy(), moments.tolist(), second

    def outputs(self, backbone: Backbone, batch: Batch) -> Tensor:
        """Probabilities of labels at every moment, [B, T, K]; 0 where there is only padding."""
        seen, moments, _ = self._seen(backbone, batch)
        return self.head(seen, moments).sigmoid() * there(seen, moments)[..., None]

    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        """F1 of events, whose beginnings may be 0.2 seconds off, and F1 of labels in each second."""
        metrics = self.answer.metrics
        segments = np.array([segment_counts(*pair) for pair in _pairs(answers, examples)], np.float64)
        return {
            "f1": metrics["f1"].of(self.row_scores(answers, examples)),
            "segment_f1": metrics["segment_f1"].of(segments),
        }

    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        """Right events, and wrong or missed ones, of every row, [n, 2]."""
        return np.array([counts(*pair) for pair in _pairs(answers, examples)], np.float64)

    def told(self, target: np.ndarray) -> dict[str, Any]:
        """The answer that a target [M, 3] is."""
        return {"events": [{**event._asdict(), "score": 1.0} for event in self._events(target)]}

    def _events(self, target: np.ndarray) -> list[Event]:
        rows = target[target[:, 2] >= 0].tolist()
        return [Event(start, end, self.classes[int(number)]) for start, end, number in rows]


def _best(rows: Sequence[tuple[np.ndarray, list[Event], float]], name: str) -> tuple[float, float]:
    """Threshold and seconds of smoothing with the best F1 on rows of probabilities, true events, seconds a moment."""

    def score(threshold: float, smooth: float) -> tuple[float, float, float]:
        both = [0, 0]
        for shares, true, second in rows:
            said = [event for event, _ in heard(shares, threshold, _width(smooth, second), second, name)]
            both = [a + b for a, b in zip(both, counts(said, true), strict=True)]
        return 2 * both[0] / max(1, 2 * both[0] + both[1]), -abs(threshold - 0.5), -smooth

    return max(((one, smooth) for one in _THRESHOLDS for smooth in _SECONDS), key=lambda pair: score(*pair))


def _width(seconds: float, second: float) -> int:
    """The odd number of moments of which each lasts `second` that is nearest to so many seconds."""
    return 2 * round(seconds / second / 2) + 1


def _pairs(answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> list[tuple[list[Event], list[Event]]]:
    return [
        (events_in(answer["events"], ""), events_in(example["label"], str(example.get("origin", ""))))
        for answer, example in zip(answers, examples, strict=True)
    ]


def _are_events(label: Any) -> bool:
    try:
        events_in(label, "")
    except DataError:
        return False
    return True
