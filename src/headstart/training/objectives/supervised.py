"""Pretraining on another task's labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from headstart.core import catalog
from headstart.core.contracts import Augment, Backbone, Batch, Columns, Example, LinearFit, Modality, Plain, Step, Task


class Supervised(Task):
    """Learn from the labels of another task first; its head is left behind.

    `task` is the kind of task those labels ask for and `settings` what they decide about it; `settle` finds both:
    numbers with a fraction are regressed, everything else is classified.
    """

    def __init__(
        self, backbone: Backbone, sample: Batch, augment: Augment, *, task: str = "classify", settings: dict[str, Any]
    ) -> None:
        super().__init__()
        self.augment = augment
        cls = catalog.load("tasks", task)
        self.task: Task = cls(backbone, sample, augment, **catalog.check(cls, settings, f"objective.{task}"))
        self.answer = self.task.answer

    @classmethod
    def infer_settings(cls, labels: Sequence[Any]) -> dict[str, Any]:
        known = [label for label in labels if label is not None]
        measured = any(isinstance(label, float) and not label.is_integer() for label in known)
        task = "regress" if measured else "classify"
        return {"task": task, "settings": catalog.load("tasks", task).infer_settings(labels)}

    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        return self.task.examine(backbone, batch)

    def judge(self, features: Tensor, targets: Tensor) -> Step:
        return self.task.judge(features, targets)

    def label(self, example: Example, encoded: Columns) -> Columns:
        return self.task.label(example, encoded)

    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        return self.task.predict(backbone, batch)

    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        return self.task.score(answers, examples)

    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        return self.task.row_scores(answers, examples)

    def say(self, outputs: Tensor) -> list[dict[str, Any]]:
        return self.task.say(outputs)

    def fit_linear(self, features: Plain, targets: np.ndarray, *, solver: str, seed: int) -> LinearFit:
        return self.task.fit_linear(features, targets, solver=solver, seed=seed)

    def ask(self, example: Example) -> Example:
        return self.task.ask(example)

    def decisions(self, targets: Columns, modality: Modality, learned: Columns) -> np.ndarray:
        return self.task.decisions(targets, modality, learned)

    def plain(self, modality: Modality, learned: Columns, asked: Columns) -> tuple[Plain, Plain]:
        return self.task.plain(modality, learned, asked)

    def count(self, modality: Modality, asked: Columns, rows: int) -> int:
        return self.task.count(modality, asked, rows)

    def gathered(self, outputs: Tensor, modality: Modality, asked: Columns) -> list[dict[str, Any]]:
        return self.task.gathered(outputs, modality, asked)

    def wear(self, fit: LinearFit) -> None:
        self.task.wear(fit)

    def after_step(self, backbone: Backbone) -> None:
        self.task.after_step(backbone)

    def illustrate(self, backbone: Backbone, batch: Batch) -> dict[str, Tensor]:
        return self.task.illustrate(backbone, batch)
