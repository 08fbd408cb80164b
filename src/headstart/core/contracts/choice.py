"""How parts are chosen where the user says nothing: what a part is told, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from headstart.core.contracts.spec import Spec

NO_SETTINGS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind and why it was taken."""

    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Suits:
    """How well a part suits, and why. The strongest part is taken: 0 is a fallback, 1 fits, 2 fits better than that."""

    strength: int
    why: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The data, the network if there is one, and the time and hardware there are.

    words   the rows came cut into words
    local   the task to come answers for places of a row: words, boxes, pixels
    causal  the network that is asked for or given sees only what came before
    """

    spec: Spec
    rows: int
    device: str
    minutes: float | None = None
    words: bool = False
    local: bool = False
    causal: bool = False

    def hurried(self, enough: float) -> bool:
        """Too little for many gradient steps: no accelerator, and fewer minutes than are enough."""
        return self.device == "cpu" and (self.minutes is None or self.minutes < enough)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptation:
    """How a model is to adapt to a task.

    rows        train rows whose labels are used; `unlabelled` are the other train rows
    classes     how many classes the labels name; 0 where they are no classes
    one_class   every row has exactly one of them
    linear      a linear model can be the task's head
    pretrained  the model begins with trained weights
    solved      these are one layer that was solved in closed form, not stepped: a dictionary, topics
    public      they are of a public checkpoint, which has mostly learned from millions of rows
    weights     bytes of the trained weights, 0 if there are none; `device` is where they adapt
    """

    rows: int
    unlabelled: int
    classes: int
    one_class: bool
    linear: bool
    pretrained: bool
    solved: bool
    public: bool = False
    weights: int = 0
    device: str = "cpu"

    @property
    def per_class(self) -> float:
        """Labels for each class; all of them where they are no classes."""
        return self.rows / max(1, self.classes)

    @property
    def labels(self) -> str:
        """ "10 labels a class"."""
        return f"{self.per_class:.0f} labels{' a class' * (self.classes > 1)}"


@dataclass(frozen=True, slots=True)
class ClosedStart:
    """An objective that gives rows vectors without a step, with settings of its run by dotted name, and why."""

    objective: str
    settings: Mapping[str, Any]
    why: str


class Defaults(Protocol):
    """Which parts suit a modality where neither the user nor another part says so.

    `advice` holds settings of tasks and of fresh networks that suit it, by dotted name: {"task.headline": "spearman",
    "backbone.kernel": 5}; a part without such a setting takes no notice.
    """

    @property
    def advice(self) -> Mapping[str, Any]: ...

    def learner(self, about: Circumstances, backbone: str) -> Choice:
        """The objective; `backbone` is the kind that is asked for or given, "auto" if that is open."""
        ...

    def backbone(self, about: Circumstances, learner: str) -> Choice:
        """The network for this kind of objective or task."""
        ...

    def closed_start(self, rows: int) -> ClosedStart | None:
        """What so many train rows are pretrained by where their own values say too little of what is alike, and no step
        is to be taken; None: values are compared as they are."""
        ...

    def batch(self, advised: int, about: Circumstances) -> int:
        """Rows of a step of pretraining; `advised` is what other parts say."""
        ...


@dataclass(frozen=True, slots=True)
class FixedDefaults:
    """Defaults of a modality that one learner and one network suit whatever the circumstances."""

    suited_learner: Choice
    suited_backbone: Choice
    advice: Mapping[str, Any] = field(default_factory=dict)

    def learner(self, about: Circumstances, backbone: str) -> Choice:
        return self.suited_learner

    def backbone(self, about: Circumstances, learner: str) -> Choice:
        return self.suited_backbone

    def closed_start(self, rows: int) -> ClosedStart | None:
        return None

    def batch(self, advised: int, about: Circumstances) -> int:
        return advised


def ranked(answers: Mapping[str, Suits | None]) -> list[Choice]:
    """The kinds that suit, the best first; of equals, those that were asked first."""
    suited = {kind: answer for kind, answer in answers.items() if answer is not None}
    order = sorted(suited, key=lambda name: -suited[name].strength)
    return [Choice(kind, suited[kind].why) for kind in order]


def reasons(*choices: Choice) -> tuple[str, ...]:
    """Why each was taken, where that is known: "probe: few labels"."""
    return tuple(f"{choice.kind}: {choice.why}" for choice in choices if choice.why)


def strongest(answers: Mapping[str, Suits | None]) -> Choice | None:
    """The kind that suits best, of equals the first; None if none does."""
    return next(iter(ranked(answers)), None)
