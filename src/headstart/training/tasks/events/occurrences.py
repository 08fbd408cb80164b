"""Events as answers: in a line, under the picture of their row, and a table by label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from headstart.core.contracts import Example, Modality
from headstart.core.contracts.answer import Answer, Aspect, HeadExport
from headstart.core.contracts.metric import Metric
from headstart.training.tasks.events.event_scores import Event, counts, events_in
from headstart.training.time_strip import HIGH, pixels_a_second, with_room
from headstart.training.words.tag_schemes import f1

_STRIP, _MOST = 14, 6  # pixels of a line of events, and lines of a side
_SAID, _TRUE = "#c05000", "#1060a0"


class Occurrences(Answer):
    """Events in time, of labels by name."""

    legend = "orange: heard; blue: true"

    def __init__(self, classes: Sequence[str]) -> None:
        score = Metric("f1", fraction=True, from_rows=f1, right_and_wrong=True)
        super().__init__((score, Metric("segment_f1", fraction=True, from_rows=f1, right_and_wrong=True)), classes)

    def line(self, side: Mapping[str, Any], words: Sequence[str]) -> str:
        found = events_in(side["events"] if "events" in side else side["label"], "")
        return ", ".join(f"{one.label} {one.start:.2f}-{one.end:.2f} s" for one in found) or "nothing"

    def draw(self, picture: Any, answer: Mapping[str, Any], example: Example, modality: Modality) -> Any:
        """The picture with the answered and then the true events below it, a line a label."""
        from PIL import ImageDraw

        second = pixels_a_second(modality.spec)
        sides = [(_SAID, events_in(answer["events"], "")), (_TRUE, events_in(example["label"], ""))]
        lines = [(colour, name, side) for colour, side in sides for name in _names(side)]
        page = with_room(picture, _STRIP * len(lines))
        pen = ImageDraw.Draw(page)
        for number, (colour, name, side) in enumerate(lines):
            top = HIGH + number * _STRIP
            for one in side:
                if one.label == name:
                    left, right = round(one.start * second), round(one.end * second)
                    pen.rectangle((left, top + 10, max(left + 1, right), top + 12), fill=colour)
            pen.text((2, top - 1), name, fill=colour)
        return page

    def aspects(self, answer: Mapping[str, Any]) -> Sequence[Aspect]:
        """Of each event, its score: that of the event of its label that overlaps it most, times the overlap."""
        first = sorted(answer["events"], key=lambda one: -one["score"])
        return [Aspect(f"{one['label']} {one['start']:.2f}-{one['end']:.2f} s", partial(_heard_again, one))
                for one in first]  # fmt: skip

    def table(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> list[dict[str, Any]]:
        """Precision, recall and F1 of every label, the most frequent first."""
        pairs = [
            (events_in(answer["events"], ""), events_in(example["label"], str(example.get("origin", ""))))
            for answer, example in zip(answers, examples, strict=True)
        ]
        often, table = Counter(one.label for _, true in pairs for one in true), []
        for name, rows in often.most_common():
            own = [tuple([one for one in side if one.label == name] for side in pair) for pair in pairs]
            right, wrong = np.array([counts(*pair) for pair in own]).sum(0).tolist()
            said = sum(len(pair[0]) for pair in own)
            table.append({
                "class": name, "rows": rows, "precision": right / max(1, said), "recall": right / rows,
                "f1": 2 * right / max(1, 2 * right + wrong),
            })  # fmt: skip
        return table

    def export(self) -> HeadExport:
        note = "It gives the probability of every label at every moment [B, T, K]; 0 where there is only padding."
        return HeadExport(classes=self.names, note=note)


def _names(events: Sequence[Event]) -> list[str]:
    return sorted({one.label for one in events})[:_MOST]


def _heard_again(own: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    best = 0.0
    for one in other["events"]:
        both = min(own["end"], one["end"]) - max(own["start"], one["start"])
        all_of = max(own["end"], one["end"]) - min(own["start"], one["start"])
        if one["label"] == own["label"] and both > 0:
            best = max(best, both / all_of * one["score"])
    return best
