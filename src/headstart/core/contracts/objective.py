"""The contracts of an objective, whose targets come from the data itself, and of a task, whose come from labels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from headstart.core.contracts.answer import Answer
from headstart.core.contracts.backbone import Backbone
from headstart.core.contracts.baseline import Baseline
from headstart.core.contracts.choice import NO_SETTINGS, Choice, Circumstances
from headstart.core.contracts.groups import Groups
from headstart.core.contracts.label_rules import LabelRules
from headstart.core.contracts.latent import Latent
from headstart.core.contracts.lm_head import LmHead
from headstart.core.contracts.look import Look
from headstart.core.contracts.metric import Metric
from headstart.core.contracts.modality import Augment
from headstart.core.contracts.needs import Needs, check_needs
from headstart.core.contracts.over_time import OverTime
from headstart.core.contracts.probe import LinearFit, LinearProbe
from headstart.core.contracts.sparse import SparseInputs
from headstart.core.contracts.step import Step
from headstart.core.contracts.types import Batch, Columns, Example, Row
from headstart.core.errors import ContractError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


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


class Task(LabelRules, Objective):
    """An objective whose targets come from labels, or from the stored row; its own weights are the head.

    The loss comes in two halves, so that a probe can compute the features once and judge heads on them many times.
    `answer` is what kind of answers it gives. `probe` fits its head in closed form, None where no linear model can be
    the head. `baseline` is the simple model that it is compared with, None if there is none; `rivals` are more of them
    by name. `classics` are models without any pretraining that `rank` tries, as recipe fields by name.
    `gathers` says that rows of a table which name one recording, each with a start, an end and a label, are one row
    for it: its label is the list of them. `by_name` says that of several label columns each is a label of its own, and
    `row_wise` that it is a `RowTask`. `local` says that its answers are for places of a row: words, boxes, pixels.
    `modality` is the kind of data that it is always about, "" if it reads several kinds.
    `sparse` are features of stored rows that it reads beside the network's vectors, `source` is a linear model of the
    same features that was trained for another task; None if there are none.
    `agree` is the weight in training of how far what it says of a row and of its twin (`Augment.twin`) is `apart`.
    `only_tuning` is the one way to learn it, and why, None where every tuning will do: a head that is solved takes no
    steps. `unranked` says what to do instead of comparing starts by its scores, "" where they are compared: labels
    choose nothing for a task that learns without them. `inner_layers`: its head reads inner layers too. `refits`: test
    rows are walked with a new fit at the beginning of each period of `over_time`. `manner` says how it answers,
    `settled` that once it is bounded, with its `cautions`.
    """

    needs_labels: ClassVar[bool] = True
    local: ClassVar[bool] = False
    gathers: ClassVar[bool] = False
    by_name: ClassVar[bool] = False
    row_wise: ClassVar[bool] = False
    modality: ClassVar[str] = ""
    only_tuning: ClassVar[Choice | None] = None
    unranked: ClassVar[str] = ""
    answer: Answer
    probe: ClassVar[type[LinearProbe] | None] = None
    baseline: ClassVar[type[Baseline] | None] = None
    classics: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    source: LinearFit | None = None
    agree: float = 0.0
    inner_layers: bool = False
    refits: bool = False
    manner: str = ""
    settled: Sequence[str] = ()
    cautions: Sequence[str] = ()
    rivals: Mapping[str, type[Baseline]] = NO_SETTINGS
    sparse: SparseInputs | None

    def __init__(self, backbone: Backbone, augment: Augment) -> None:
        super().__init__(backbone, augment)
        self.sparse = None  # not of the class, which would hide the module that stands in its place

    @property
    def as_task(self) -> Task:
        return self

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        features, targets = self.examine(backbone, batch)
        twin = self.augment.twin(batch) if self.agree else None
        if twin is None:
            return self.judge(features, targets)
        others, same = self.examine(backbone, twin)
        step = self.judge(torch.cat([features, others]), torch.cat([targets, same]))
        gap = self.apart(features, others)
        return Step(step.loss + self.agree * gap, {**step.logs, "apart": gap.detach()})

    @property
    def groups(self) -> Groups | None:
        """The groups that it found, if any."""

    def apart(self, features: Tensor, others: Tensor) -> Tensor:
        """How far what it says of rows [n, F] and of their twins is apart, a mean over rows. Asked where they agree."""
        raise AssertionError(f"{type(self).__name__} has no setting that asks for agreement")

    @abstractmethod
    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        """What the head reads and what it should say, one row a decision: features [n, F], targets [n, ...].

        Where the places of a row decide together, as in CTC, a row is one decision: features [B, T, F], and targets
        that say how many places there are.
        """

    @abstractmethod
    def judge(self, features: Tensor, targets: Tensor) -> Step:
        """The loss of the head on features."""

    @classmethod
    def check_ranked(cls) -> None:
        """ContractError for a task by whose scores starts are not compared."""
        if cls.unranked:
            what = "starts are not compared by this task, which learns without the labels that score it"
            raise ContractError(920, what, where="task", found=cls.__name__.lower(), fix=cls.unranked)

    def take_over(self, other: Task) -> None:
        """Begin with the linear model of a task that was trained before on the same features, whatever its classes."""
        if other.probe is None or (self.sparse is None) != (other.sparse is None):
            return
        self.source = other.linear_probe().read()
        if self.sparse is not None and other.sparse is not None:
            self.sparse.take_over(other.sparse)

    def sparse_rows(self, batch: Batch) -> csr_matrix:
        """The sparse features of the decisions that `examine` makes of a batch, in its order, float32 [n, F]."""
        assert self.sparse is not None, f"{type(self).__name__} has no sparse features"
        return self.sparse.rows(batch)

    def vectors(self, backbone: Backbone, batch: Batch) -> Tensor:
        """One vector a row, [B, F]: the network's, and what its sparse features come to. In eval mode."""
        found = backbone.summary(backbone(self.augment.modality.ready(batch)))
        return found if self.sparse is None else torch.cat([found, self.sparse.vectors(batch)], 1)

    @classmethod
    def completed(cls, labels: Sequence[Any], said: Mapping[str, Any]) -> dict[str, Any]:
        """What the user says (None: nothing), over the settings that the labels of the train rows decide."""
        return cls.infer_settings(labels) | {name: value for name, value in said.items() if value is not None}

    @abstractmethod
    def label(self, example: Example, row: Row) -> Columns:
        """The training target of one row, as columns without row axis, e.g. {"y": int64}: from its label, or from the
        stored row itself, which is read when it is looked at."""

    @abstractmethod
    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        """Plain JSON, one answer per row."""

    def outputs(self, backbone: Backbone, batch: Batch) -> Tensor | None:
        """The answers as one tensor [B, ...], what an exported model gives: probabilities, values. In eval mode; None
        where answers are not plain numbers."""

    @abstractmethod
    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        """The field's scores by their usual names; the first key is the headline."""

    def scorer(
        self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]
    ) -> Callable[[np.ndarray], dict[str, float]]:
        """What gives the scores of chosen rows, int64 [m] with repeats: intervals ask for hundreds of such choices. A
        task whose `score` reads every row anew says here how to read them once."""
        return lambda rows: self.score([answers[row] for row in rows], [examples[row] for row in rows])

    @abstractmethod
    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        """[n] one number a row, or [n, C] counts, whose mean the scale of the headline turns into the headline.

        One number is larger where the row is better (hits, -error^2); counts are right and wrong decisions.
        """

    def over_time(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> OverTime | None:
        """The same answers in order of time, beside those that need no model; None where rows have no time."""

    def meet(self, labels: Sequence[Any]) -> None:
        """Once, before the first step: what it keeps of the labels of the train rows that is no setting: n-grams."""

    def settle(self, backbone: Backbone, batches: Iterable[Batch]) -> None:
        """Once, when stepped weights are final: choose a threshold of its answers on held-out rows. In eval mode."""

    def bound(self, backbone: Backbone, batches: Iterable[Batch]) -> None:
        """Once, when all weights are final: how far its answers are off on rows that it did not learn from, which may
        be none. In eval mode."""

    def temper(self, temperature: float) -> None:
        """Divide the logits by a temperature from now on, if there are probabilities: above 1 these are softer."""

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
