"""The contract of an objective, whose targets come from the data itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor, nn

from headstart.core.contracts.backbone import Backbone
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.latent import Latent
from headstart.core.contracts.lm_head import LmHead
from headstart.core.contracts.look import Look
from headstart.core.contracts.metric import Metric
from headstart.core.contracts.modality import Augment
from headstart.core.contracts.needs import Needs, check_needs
from headstart.core.contracts.step import Step
from headstart.core.contracts.types import Batch

if TYPE_CHECKING:
    from headstart.core.contracts.task import Task


class Objective(nn.Module, ABC):
    """A task whose labels come from the data itself. Owns the weights that only pretraining needs.

    Constructor: (backbone, sample, augment, *, settings); sizes come from the sample batch (as the store gives it).
    `needs` says what must be there and how it is fed. `latent` is the space from which rows can be drawn again, if
    there is one; `teacher_name` is the model whose vectors it learns, if there is one. `advice` holds settings of other
    parts that suit it where the user says nothing, e.g. {"plan.lr": 1e-3, "augment.crop": 0.3}. `needs_labels` says
    that it learns from labelled rows only. `metrics` says how the numbers that it logs are read as scores. `younger`
    are names of buffers that models of 0.1 were saved without.
    """

    needs_labels: ClassVar[bool] = False
    advice: ClassVar[Mapping[str, Any]] = {}
    latent: ClassVar[Latent | None] = None
    solved: ClassVar[bool] = False
    younger: frozenset[str] = frozenset()
    metrics: Sequence[Metric] = ()
    needs: Needs = Needs()
    teacher_name: str = ""
    augment: Augment

    def __init__(self, backbone: Backbone, augment: Augment) -> None:
        super().__init__()
        self.augment = augment  # it is called once a view
        check_needs(self.needs, type(self).__name__.lower(), backbone, augment.modality)

    @classmethod
    def infer_settings(cls, labels: Sequence[Any]) -> dict[str, Any]:
        """Settings that the labels of the train rows decide, e.g. {"classes": ["cat", "dog"]}."""
        return {}

    @classmethod
    def advised(cls, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """Settings of other parts that follow from `infer_settings`, where the user says nothing."""
        return {}

    @classmethod
    def network(cls, about: Circumstances) -> Choice | None:
        """The network that suits it, where the user names none; None: the data decide."""
        return None

    @abstractmethod
    def forward(self, backbone: Backbone, batch: Batch) -> Step: ...

    @property
    def as_task(self) -> Task | None:
        """The task that it learns and whose answers it can give; None for an objective without a task."""

    def after_step(self, backbone: Backbone) -> None:
        """The only hook: moving-average teachers."""

    @property
    def lm_head(self) -> LmHead | None:
        """What turns states into predictions of the next token, where it is learned."""

    def chance_loss(self, batch: int) -> float | None:
        """The loss of knowing nothing, for a batch of that many rows; None where there is no such number."""

    def illustrate(self, backbone: Backbone, batch: Batch) -> dict[str, Tensor]:
        """Named inputs of the modality to look at, e.g. {"input": x, "reconstruction": x_hat}; {} if there are none."""
        return {}

    def patterns(self, backbone: Backbone) -> Sequence[Look]:
        """What it has learned piece by piece, as people look at it: patches, components; () if it has no pieces."""
        return ()
