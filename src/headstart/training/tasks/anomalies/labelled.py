"""How well anomalies are found where labels of moments say what they are: by row and by event.

Labels are read for scores alone. No score of a row is raised because another row of the same event was found ("point
adjustment"): that lets chance look good (Kim et al. 2022, AAAI).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.core.contracts import Example
from headstart.core.contracts.metric import Metric

METRICS = (
    Metric("auc_pr", fraction=True),
    Metric("best_f1", fraction=True),
    Metric("event_f1", fraction=True),
    Metric("event_recall", fraction=True),
    Metric("delay", lower_is_better=True),
    Metric("false_alarms", lower_is_better=True),
)
_NONE = -1


@dataclass(frozen=True, slots=True)
class Labelled:
    """Of rows [n] each.

    score     how surprising what came is, above 1 an alarm
    event     the number of the first event in the steps that the row judges, -1 where there is none
    late      steps from the beginning of that event to the step to which the row points, at least 0
    """

    score: np.ndarray
    event: np.ndarray
    late: np.ndarray

    @classmethod
    def of(
        cls, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example], before: int, columns: int
    ) -> Labelled | None:
        """Rows whose windows [L + H, columns + 1] hold labels behind their columns; None where none is an anomaly."""
        rows = [example["row"] for example in examples]
        if not rows or rows[0]["x"].shape[1] <= columns:
            return None
        marks = np.stack([row["x"][before:, columns] for row in rows]) > 0  # [n, H]
        if not marks.any():
            return None
        series, place = (np.array([int(row[name]) for row in rows]) for name in ("series", "place"))
        score, peak = (np.array([answer[name] for answer in answers]) for name in ("score", "peak"))
        event, begin = _events(series, place, marks)
        return cls(score, event, np.maximum(place + peak - begin, 0))

    def scores(self, rows: np.ndarray) -> dict[str, float]:
        """Of chosen rows, int64 [m] with repeats.

        auc_pr        average precision of rows: a row is right to alarm if an anomaly is among the steps it judges
        best_f1       F1 of rows at the best threshold
        event_f1      the same of the precision of rows and the recall of events (composite F1, Garg et al. 2021): an
                      event counts once, found by any row that judges a step of it
        event_recall  share of events that are found by alarms at the model's own threshold
        delay         steps from the beginning of an event to the earliest step to which an alarm for it points, a mean
                      over those that are found
        false_alarms  rows that alarm though they see no anomaly, a thousand of such rows
        """
        score, event = self.score[rows], self.event[rows]
        there = event != _NONE
        if not there.any():
            return {}
        found = _curves(score, event)
        alarm = score > 1
        numbers, caught = np.unique(event[there]), alarm & there
        found["event_recall"] = len(np.unique(event[caught])) / len(numbers)
        if caught.any():
            earliest = np.full(int(self.event.max()) + 1, np.inf)
            np.minimum.at(earliest, event[caught], self.late[rows][caught])
            found["delay"] = float(earliest[np.isfinite(earliest)].mean())
        if not there.all():
            found["false_alarms"] = 1000 * float(alarm[~there].mean())
        return found


def _events(series: np.ndarray, place: np.ndarray, marks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of rows the first event that each sees, -1 for none, and the step at which that begins.

    An event is a run of labelled steps of one series.
    """
    seen: np.ndarray = np.any(marks, axis=1)
    first = place + marks.argmax(1)
    steps = [(int(one), int(step)) for one, begin, row in zip(series, place, marks, strict=True)
             for step in begin + np.flatnonzero(row)]  # fmt: skip
    number, begins = dict[tuple[int, int], int](), list[int]()
    for one, step in sorted(set(steps)):
        known = number.get((one, step - 1))
        if known is None:
            known = len(begins)
            begins.append(step)
        number[one, step] = known
    keys = zip(series.tolist(), first.tolist(), seen.tolist(), strict=True)
    event = np.array([number[one, step] if there else _NONE for one, step, there in keys])
    return event, np.where(seen, np.array(begins)[event], 0)


def _curves(score: np.ndarray, event: np.ndarray) -> dict[str, float]:
    """Average precision, and the best F1 of rows and of events, of scores [m] of rows that see these events [m]; equal
    scores alarm together."""
    order = np.argsort(-score, kind="stable")
    hits, sorted_scores = np.cumsum(event[order] != _NONE), score[order]
    ends = np.flatnonzero(np.append(sorted_scores[1:] != sorted_scores[:-1], True))
    right, alarms = hits[ends], ends + 1.0
    precision, recall = right / alarms, right / hits[-1]
    highest = np.full(int(event.max()) + 1, -np.inf)
    np.maximum.at(highest, event[event != _NONE], score[event != _NONE])
    highest = np.sort(highest[np.isfinite(highest)])
    caught = 1 - np.searchsorted(highest, sorted_scores[ends]) / len(highest)
    return {
        "auc_pr": float((np.diff(recall, prepend=0.0) * precision).sum()),
        "best_f1": _best(precision, recall),
        "event_f1": _best(precision, caught),
    }


def _best(precision: np.ndarray, recall: np.ndarray) -> float:
    """The highest harmonic mean of both."""
    return float((2 * precision * recall / np.maximum(precision + recall, 1e-300)).max())
