"""The contract of a task: an objective whose targets come from labels or from the stored row."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from torch import Tensor

from headstart.core.contracts.backbone import Backbone
from headstart.core.contracts.choice import Circumstances
from headstart.core.contracts.objective import Objective, Step
from headstart.core.contracts.types import Batch, Columns, Example, Row
from headstart.core.errors import ContractError

if TYPE_CHECKING:
    from headstart.core.contracts.answer import Answer
    from headstart.core.contracts.baseline import Baseline
    from headstart.core.contracts.choice import Suits
    from headstart.core.contracts.probe import LinearProbe


class Task(Objective):
    """An objective whose targets come from labels, or from the stored row; its own weights are the head.

    The loss comes in two halves, so that a probe can compute the features once and judge heads on them many times.
    `answer` is what kind of answers it gives. `probe` fits its head in closed form, None where no linear model can be
    the head. `baseline` is the simple model that it is compared with, None if there is none.
    """

    needs_labels: ClassVar[bool] = True
    answer: Answer
    probe: ClassVar[type[LinearProbe] | None] = None
    baseline: ClassVar[type[Baseline] | None] = None

    @property
    def as_task(self) -> Task:
        return self

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        return self.judge(*self.examine(backbone, batch))

    @abstractmethod
    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        """What the head reads and what it should say, one row a decision: features [n, F], targets [n, ...]."""

    @abstractmethod
    def judge(self, features: Tensor, targets: Tensor) -> Step:
        """The loss of the head on features."""

    @classmethod
    def suits(cls, labels: Sequence[Any], about: Circumstances) -> Suits | None:
        """How well it suits these labels of train rows, () if there are none; None: not at all."""
        return None

    @classmethod
    def class_names(cls, settings: Mapping[str, Any]) -> Sequence[str]:
        """The classes that labels name, from what `infer_settings` gave; () where labels are no classes."""
        return ()

    @classmethod
    def one_class(cls, settings: Mapping[str, Any]) -> bool:
        """Does every row have exactly one of the classes?"""
        return False

    @classmethod
    def strata(cls, labels: Sequence[Any]) -> Sequence[str] | None:
        """A name for each label: a draw of some keeps the shares of the names. None: labels are drawn at random."""
        named = not all(isinstance(label, float | list | tuple | Mapping) for label in labels)
        return [str(label) for label in labels] if named else None

    @abstractmethod
    def label(self, example: Example, row: Row) -> Columns:
        """The training target of one row, as columns without row axis, e.g. {"y": int64}: from its label, or from the
        stored row itself, which is read when it is looked at."""

    @abstractmethod
    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        """Plain JSON, one answer per row."""

    def outputs(self, backbone: Backbone, batch: Batch) -> Tensor | None:
        """The answers as one tensor [B, ...], what an exported model gives: probabilities, values. In eval mode.

        None where answers are not plain numbers.
        """
        return None

    @abstractmethod
    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        """The field's scores by their usual names; the first key is the headline."""

    @abstractmethod
    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        """[n] one number a row, or [n, C] counts, whose mean the scale of the headline turns into the headline.

        One number is larger where the row is better (hits, -error^2); counts are right and wrong decisions.
        """

    def preprocess(self, example: Example) -> Example:
        """A raw record as a person gives it -> as the modality reads it: texts are cut into words to tag each word."""
        return example

    @classmethod
    def require_probe(cls) -> type[LinearProbe]:
        """The probe; ContractError where no linear model can be the head."""
        if cls.probe is None:
            fix = "use --tuning full, gradual or lora"
            raise ContractError(272, f"{cls.__name__.lower()} has no linear head to fit", fix=fix)
        return cls.probe

    def linear_probe(self) -> LinearProbe:
        """The same for this task."""
        return self.require_probe()(self)
