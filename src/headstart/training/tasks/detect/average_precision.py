"""Average precision of boxes as COCO measures it (Lin et al., ECCV 2014; as pycocotools), and counts that give it.

A detection is right if it overlaps a true box of its class by at least a threshold, and no better one took that box.
Precision is read at 101 recalls, from 100 detections a class and picture at most.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

OVERLAPS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0.0, 1.0, 101)
MOST = 100
GRID = np.sin(np.linspace(0, np.pi / 2, 101)[:-1]) ** 2  # scores at which rows are counted: finer at either end
WIDTH = 2 * len(GRID) + 1  # counts a class: right detections at or above each score, wrong ones, and true boxes


@dataclass(frozen=True, slots=True)
class Matched:
    """One picture. kinds int [D], scores [D] of its detections; right bool [10, D] at every overlap; wanted int [K]."""

    kinds: np.ndarray
    scores: np.ndarray
    right: np.ndarray
    wanted: np.ndarray


class Matcher:
    """Matches answers with truths, and remembers each pair: a bootstrap asks for the same pictures again and again."""

    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = tuple(classes)
        self._numbers = {name: number for number, name in enumerate(classes)}
        self._known: dict[int, tuple[Mapping[str, Any], Mapping[str, Any], Matched]] = {}

    def all(self, answers: Sequence[Mapping[str, Any]], truths: Sequence[Mapping[str, Any]]) -> list[Matched]:
        """One for each picture."""
        pairs = list(zip(answers, truths, strict=True))
        if not any(self._remembered(answer, truth) for answer, truth in pairs):
            self._known.clear()
        for answer, truth in pairs:
            if self._remembered(answer, truth) is None:
                self._known[id(answer)] = (answer, truth, self._matched(answer, truth))
        return [self._known[id(answer)][2] for answer in answers]

    def _remembered(self, answer: Mapping[str, Any], truth: Mapping[str, Any]) -> Matched | None:
        kept = self._known.get(id(answer))
        return kept[2] if kept is not None and kept[0] is answer and kept[1] is truth else None

    def _matched(self, answer: Mapping[str, Any], truth: Mapping[str, Any]) -> Matched:
        predicted, scores, kinds = _boxes(answer), np.asarray(answer["scores"], np.float64), self._kinds(answer)
        wanted, names = _boxes(truth), self._kinds(truth)
        parts: list[np.ndarray] = []
        right = np.zeros((len(OVERLAPS), len(predicted)), bool)
        for kind in np.unique(kinds):
            mine = np.flatnonzero(kinds == kind)
            mine = mine[np.argsort(-scores[mine], kind="stable")][:MOST]
            right[:, mine] = match(predicted[mine], wanted[names == kind])
            parts.append(mine)
        kept = np.concatenate(parts) if parts else np.zeros(0, np.int64)
        counts = np.bincount(names[names >= 0], minlength=len(self.classes))
        return Matched(kinds[kept], scores[kept], right[:, kept], counts)

    def _kinds(self, side: Mapping[str, Any]) -> np.ndarray:
        """Numbers of the classes; a class that nobody knows has -1 and counts nowhere."""
        return np.array([self._numbers.get(str(name), -1) for name in side["labels"]], np.int64)


def match(predicted: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Which detections of one class, best first, are right: bool [10, D]. told [D, 4], wanted [G, 4].

    Each takes the free box that it overlaps most; of equals the last.
    """
    right = np.zeros((len(OVERLAPS), len(predicted)), bool)
    if not len(predicted) or not len(wanted):
        return right
    shared, least = pairwise_iou(predicted, wanted), np.minimum(OVERLAPS, 1 - 1e-10)
    free = np.ones((len(OVERLAPS), len(wanted)), bool)
    every = np.arange(len(OVERLAPS))
    for place in np.flatnonzero(shared.max(1) >= least[0]):
        open_ones = np.where(free, shared[place], -1.0)[:, ::-1]  # [10, G]
        best = len(wanted) - 1 - open_ones.argmax(1)
        right[:, place] = open_ones.max(1) >= least
        free[every, best] &= ~right[:, place]
    return right


def pairwise_iou(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """[n, 4] and [m, 4] -> [n, m], in double precision."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    both = (np.minimum(one[:, None, 2:], other[None, :, 2:]) - low).clip(0).prod(2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in (one, other)]
    return both / (areas[0][:, None] + areas[1][None] - both)


def precisions(rows: Sequence[Matched], classes: int) -> np.ndarray:
    """Average precision at every overlap of every class, [10, K]; NaN for a class without true boxes."""
    wanted = np.sum([row.wanted for row in rows], 0) if rows else np.zeros(classes, np.int64)
    kinds = np.concatenate([np.zeros(0, np.int64), *(row.kinds for row in rows)])
    scores = np.concatenate([np.zeros(0), *(row.scores for row in rows)])
    right = np.concatenate([np.zeros((len(OVERLAPS), 0), bool), *(row.right for row in rows)], 1)
    order = np.argsort(-scores, kind="stable")
    kinds, right = kinds[order], right[:, order]
    found = np.full((len(OVERLAPS), classes), np.nan)
    for kind in np.flatnonzero(wanted):
        found[:, kind] = [_area(one, wanted[kind]) for one in right[:, kinds == kind]]
    return found


def _area(right: np.ndarray, wanted: int) -> float:
    """Mean precision at 101 recalls, of detections in the order of their scores."""
    if not len(right):
        return 0.0
    hits = right.cumsum()
    precision = hits / (np.arange(1, len(right) + 1) + np.spacing(1))
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.append(best, 0.0)[np.searchsorted(hits / wanted, RECALLS, side="left")].mean())


def counted(row: Matched, classes: int) -> np.ndarray:
    """What one picture adds at an overlap of one half, [K * WIDTH]: `ap50` makes the score of their mean."""
    table = np.zeros((classes, WIDTH), np.float32)
    table[:, -1] = row.wanted
    for kind in np.unique(row.kinds[row.kinds >= 0]):
        mine = row.kinds == kind
        above = row.scores[mine, None] >= GRID  # [D, 100]
        right = row.right[0, mine, None]
        table[kind, :-1] = np.concatenate([(above & right).sum(0), (above & ~right).sum(0)])
    return table.reshape(-1)


def ap50(mean: np.ndarray) -> np.ndarray:
    """Mean average precision of the classes from means of `counted` [..., K * WIDTH] -> [...].

    Precision is read at the recalls that the grid of scores shows: within a hundredth of the exact score. Where there
    is nothing to find it is 1 if nothing was found, else 0.
    """
    *lead, width = mean.shape
    table = mean[..., : width // WIDTH * WIDTH].reshape(*lead, width // WIDTH, WIDTH)
    right, wrong, wanted = np.split(table, [len(GRID), 2 * len(GRID)], -1)  # from low scores to high
    best = np.maximum.accumulate(right / np.maximum(right + wrong, 1e-12), -1)  # at this recall or a higher one
    recall = right / np.maximum(wanted, 1e-12)
    reached = np.where(right + wrong > 0, np.floor(100 * recall + 1e-9) + 1, 0.0)  # of the 101
    each = (best * -np.diff(reached, axis=-1, append=0.0)).sum(-1) / len(RECALLS)  # [..., K]
    present = wanted[..., 0] > 0
    nothing = (wrong[..., 0].sum(-1) == 0).astype(np.float64)
    return np.where(present.any(-1), each.sum(-1) / np.maximum(present.sum(-1), 1), nothing)


def _boxes(side: Mapping[str, Any]) -> np.ndarray:
    return np.asarray(side["boxes"], np.float64).reshape(-1, 4)
