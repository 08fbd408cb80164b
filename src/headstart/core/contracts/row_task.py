"""The contract of a task that says one thing of a row, from one vector of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from torch import Tensor, nn

from headstart.core.contracts.backbone import Backbone
from headstart.core.contracts.choice import Circumstances, Suits
from headstart.core.contracts.objective import Task
from headstart.core.contracts.types import Batch, Example


class RowTask(Task):
    """A task that says one thing of a row, from one vector of it, so that several can read the vector of one pass.

    Its targets are a column "y", in the form that its probe names: class numbers [n], or numbers [n, size]. What is
    read of a row are its settings `sparse`, `twins`, `agree` and `layers`.

    head  what it reads of rows [n, F] -> [n, size]; `size` is one number a class, label or value
    """

    row_wise: ClassVar[bool] = True
    head: nn.Module
    size: int

    @classmethod
    @abstractmethod
    def fits(cls, labels: Sequence[Any]) -> Suits | None:
        """How well it suits these labels, whatever the rows are; None: not at all."""

    @classmethod
    def suits(cls, labels: Sequence[Any], about: Circumstances) -> Suits | None:
        return cls.fits(labels)

    @abstractmethod
    def seen(self, backbone: Backbone, ready: Batch) -> Tensor:
        """What the head reads of a ready batch, [B, F]."""

    @abstractmethod
    def say(self, features: Tensor) -> list[dict[str, Any]]:
        """The answers to rows of which it reads this [n, F]."""

    @abstractmethod
    def plain(self, features: Tensor) -> Tensor:
        """The same as plain numbers [n, size], see `outputs`."""

    @abstractmethod
    def constant(self, examples: Sequence[Example]) -> float:
        """The mean row score of the one answer that is best for all these rows together."""

    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        return self.say(self.seen(backbone, self.augment(batch)))

    def outputs(self, backbone: Backbone, batch: Batch) -> Tensor:
        return self.plain(self.seen(backbone, self.augment(batch)))
