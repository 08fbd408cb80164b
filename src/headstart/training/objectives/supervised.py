"""Pretraining on another task's labels."""

from collections.abc import Sequence
from typing import Any, ClassVar

from torch import Tensor

from headstart.core import catalog
from headstart.core.contracts import Augment, Backbone, Batch, Objective, Step, Task


class Supervised(Objective):
    """Learn from the labels of another task first; its head is left behind.

    `task` is the kind of task those labels ask for and `settings` what they decide about it; both follow from the
    labels: numbers with a fraction are regressed, everything else is classified.
    """

    needs_labels: ClassVar[bool] = True

    def __init__(
        self, backbone: Backbone, sample: Batch, augment: Augment, *, task: str = "classify", settings: dict[str, Any]
    ) -> None:
        super().__init__(backbone, augment)
        cls = catalog.load("tasks", task)
        self.younger = cls.younger
        self.task: Task = cls(backbone, sample, augment, **catalog.check(cls, settings, f"objective.{task}"))

    @classmethod
    def infer_settings(cls, labels: Sequence[Any]) -> dict[str, Any]:
        known = [label for label in labels if label is not None]
        measured = any(isinstance(label, float) and not label.is_integer() for label in known)
        task = "regress" if measured else "classify"
        return {"task": task, "settings": catalog.load("tasks", task).infer_settings(labels)}

    @property
    def as_task(self) -> Task:
        return self.task

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        return self.task(backbone, batch)

    def after_step(self, backbone: Backbone) -> None:
        self.task.after_step(backbone)

    def chance_loss(self, batch: int) -> float | None:
        return self.task.chance_loss(batch)

    def illustrate(self, backbone: Backbone, batch: Batch) -> dict[str, Tensor]:
        return self.task.illustrate(backbone, batch)
