"""What kind of answer a task gives: how it is written, drawn, tabulated, measured, and used outside of headstart."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from headstart.core.contracts.acting import Acting
from headstart.core.contracts.groups import Membership
from headstart.core.contracts.look import Line
from headstart.core.contracts.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from headstart.core.contracts.modality import Modality
    from headstart.core.contracts.types import Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Answers that are one class a row, as numbers.

    classes        names of the K classes that have a probability
    probabilities  [n, K], rows that sum to one
    truth          [n] number of the true class, -1 where it is none of these
    said, true     names of the answered and of the true class
    given          [n] the probability that was given to the truth
    """

    classes: Sequence[str]
    probabilities: np.ndarray
    truth: np.ndarray
    said: Sequence[str]
    true: Sequence[str]
    given: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadExport:
    """How the outputs of a task are read without headstart.

    classes  what they are about, in order; () where they are no classes
    facts    what else a program must know of them: {"mean": [0.0], "std": [1.0]}
    note     what else a person must know of them, in a sentence or two
    formula  how outputs of a head of one or two affine maps become answers; "" where no formula says it
    finish   the same as a function of the outputs [..., K]
    softmax  the answer is a softmax over the classes, which a library's own classifier can give
    words    the head reads every word at its first piece; else it reads the summary of a row
    """

    classes: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    formula: str = ""
    finish: Callable[[Tensor], Tensor] = lambda outputs: outputs
    softmax: bool = False
    words: bool = False


@dataclass(frozen=True, slots=True)
class Doubt:
    """How unsure an answer is: `share` from 0, sure, to 1, a draw; `wrong` the probability that it is wrong; and the
    same in words."""

    share: float
    wrong: float
    words: str


@dataclass(frozen=True, slots=True)
class Aspect:
    """Something that an answer says, as one number by which the answers to variants of the row compare.

    name   what it is: "cat", "value", "ORG at words 3-5"
    of     the number of the answer to a variant
    share  the column of `Task.outputs` [B, K] that holds it, None where it is in none
    odds   the column is a probability, whose log odds are the number
    number what kind of number it is, in a word or two
    least  the smallest change of it that means anything
    """

    name: str
    of: Callable[[Mapping[str, Any]], float]
    share: int | None = None
    odds: bool = False
    number: str = "value"
    least: float = 0.0


SUREST = 1e-6  # how near to 0 and 1 a probability is told apart
LEAST_ODDS = 0.01  # of log odds: a quarter of a point of a probability


def log_odds(share: float) -> float:
    """log(p / (1 - p)), of p no nearer to 0 and 1 than `SUREST`."""
    inside = min(max(share, SUREST), 1 - SUREST)
    return math.log(inside / (1 - inside))


class Answer:
    """The answers of one task. A task's own subclass says what differs from this plain one.

    metrics  every score of the task by its name
    names    what an answer may call a row, a word, a box or a pixel; () if it names nothing
    legend   what the lines on a drawn picture mean
    tabled   what a line of its table is about
    spells   its answers name words of a row, whose text `spelled` adds
    acting   what is observed and done, where answers are actions; None for any other
    """

    legend: ClassVar[str] = ""
    tabled: ClassVar[str] = "class"
    spells: ClassVar[bool] = False
    acting: Acting | None = None

    def __init__(self, metrics: Iterable[Metric] = (), names: Sequence[str] = ()) -> None:
        self.metrics: Mapping[str, Metric] = {metric.name: metric for metric in metrics}
        self.names = tuple(names)

    def metric(self, name: str) -> Metric:
        """A score that is not declared is read as "larger is better", without points."""
        return self.metrics.get(name, Metric(name))

    def number(self, answer: Mapping[str, Any], original: Mapping[str, Any]) -> float | None:
        """One number by which answers to variants of a row compare with the answer to the row itself, `original`: a
        value, or the probability of the class that the row was given; None where answers are neither."""
        return None

    def numbers(self, answer: Mapping[str, Any]) -> Mapping[str, float]:
        """What an answer says in numbers, by name: the probability of each class, values; {} for any other answer."""
        return {}

    def aspects(self, answer: Mapping[str, Any]) -> Sequence[Aspect]:
        """What can be explained of an answer, what it says first of all first; () for answers that say none of it."""
        named = [Aspect(name, lambda other, name=name: float(self.numbers(other)[name]), place)
                 for place, name in enumerate(self.numbers(answer))]  # fmt: skip
        if named or self.number(answer, answer) is None:
            return named
        return [Aspect("answer", lambda other: float(self.number(other, answer) or 0.0))]

    def doubt(self, answer: Mapping[str, Any]) -> Doubt | None:
        """How unsure an answer about a whole row is; None where answers do not say."""
        return None

    def line(self, side: Mapping[str, Any], words: Sequence[str]) -> str:
        """An answer, or an example with its label, in a line; `words` are those of its row, () if it has none."""
        return str(side.get("label", "without a label"))

    def spelled(self, answer: Mapping[str, Any], text: Callable[[int, int], str]) -> dict[str, Any]:
        """An answer with the text of what it names; `text` gives that of the words from one to another, exclusive."""
        return dict(answer)

    def lines(self, answer: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        """An answer as rows of a table, where it is about several things in order."""
        return [answer]

    def draw(self, picture: Any, answer: Mapping[str, Any], example: Example, modality: Modality) -> Any:
        """The row, as its modality shows it, with the answer and the truth drawn into it."""
        return picture

    def mark(self, answer: Mapping[str, Any], example: Example, words: Sequence[str]) -> Sequence[Line]:
        """The words of the row with the answered and the true spans marked; () where answers are not about words."""
        return ()

    def table(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> list[dict[str, Any]]:
        """Scores by class, or what else is `tabled`, where answers are not classes of whole rows: its name first."""
        return []

    def distribution(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> Distribution | None:
        """The answers as numbers, where they are one class a row with probabilities."""
        return None

    def membership(self, answer: Mapping[str, Any]) -> Membership | None:
        """The group into which an answer puts its row, where a task makes groups of its own."""
        return None

    def pipeline(self, modality: str) -> str:
        """What a hub calls this task on data of a kind: "image-classification"; "" if it has no name for it."""
        return ""

    def export(self) -> HeadExport:
        """How its outputs are read without headstart."""
        return HeadExport()
