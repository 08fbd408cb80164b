"""One of several targets: its task, and where its numbers stand among those of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from headstart.core.contracts import Example, Row, RowTask
from headstart.training.tasks.multitask.choosing import labels_in


@dataclass(frozen=True, slots=True)
class Held:
    """A target by its name.

    classes  its target is the number of a class
    targets  where its targets stand in those of a row, NaN where the row has no label of it
    outputs  where the outputs of its head stand in those of all heads
    share    share of the train rows that have a label of it
    """

    name: str
    task: RowTask
    classes: bool
    targets: slice
    outputs: slice
    share: float

    @classmethod
    def behind(cls, before: Held | None, name: str, task: RowTask, share: float) -> Held:
        """The next one of a row of them."""
        classes = task.linear_probe().form == "classes"
        target, output = (0, 0) if before is None else (before.targets.stop, before.outputs.stop)
        targets = slice(target, target + (1 if classes else task.size))
        return cls(name, task, classes, targets, slice(output, output + task.size), share)

    def target(self, example: Example, row: Row) -> np.ndarray:
        """Its targets of a row, float32 [width]."""
        label = labels_in(example["label"], str(example.get("origin", ""))).get(self.name)
        if label is None:
            return np.full(self.targets.stop - self.targets.start, np.nan, np.float32)
        return np.asarray(self.task.label({**example, "label": label}, row)["y"], np.float32).reshape(-1)

    def known(self, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Which rows of all targets [n, ...] have a label of it, bool [n], and its targets of these rows."""
        y = targets[:, self.targets]
        there = ~y.isnan().any(1)
        return there, y[there, 0].long() if self.classes else y[there]

    def read(self, features: Tensor, sparse: int) -> Tensor:
        """What its head reads of the features of all [n, F], of which the last are outputs of sparse features."""
        if not sparse:
            return features
        width = features.shape[1] - sparse
        return torch.cat([features[:, :width], features[:, width:][:, self.outputs]], 1)

    def sides(
        self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]
    ) -> tuple[np.ndarray, list[Mapping[str, Any]], list[Example]]:
        """The rows that have a label of it, int64 [m], its answers to them, and these rows with that label alone."""
        labels = [labels_in(one["label"], str(one.get("origin", ""))).get(self.name) for one in examples]
        rows = [row for row, label in enumerate(labels) if label is not None]
        said = [answers[row][self.name] for row in rows]
        return np.array(rows, np.int64), said, [{**examples[row], "label": labels[row]} for row in rows]
