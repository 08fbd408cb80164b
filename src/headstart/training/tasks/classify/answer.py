"""Classes as answers: one a row with the probabilities of all, or several labels a row."""

import heapq
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from headstart.core.contracts import Example
from headstart.core.contracts.answer import LEAST_ODDS, Answer, Aspect, Distribution, Doubt, HeadExport, log_odds
from headstart.core.contracts.metric import Metric
from headstart.core.errors import DataError, RecipeError
from headstart.data.labels.numbers import plain_number

_OTHERS = ("micro_f1", "auc", "ks", "mcc", "known_accuracy", "unknown_recall", "unknown_auc", "transition_accuracy")
METRICS = (
    Metric("accuracy", fraction=True),
    Metric("macro_f1", fraction=True, hub="f1"),
    *(Metric(name, fraction=True) for name in _OTHERS),
)
_HUB = ("image", "text", "audio")  # kinds of data whose classification a hub calls by their name


def is_no_class(label: Any) -> bool:
    """Is this an object, or a list that holds objects or lists?"""
    if isinstance(label, str | int | float):
        return False
    return any(
        isinstance(one, Mapping | list | tuple) for one in (label if isinstance(label, list | tuple) else [label])
    )


def names_in(label: Any) -> list[str]:
    """The classes that a label names, one or several; DataError if it holds what is no name."""
    if is_no_class(label):
        found, expected = str(label)[:_SHOWN], "a name, or a list of names"
        fix = "give the column that holds the class by --target, or name the task by --task"
        raise DataError(418, "the label is no class", found=found, expected=expected, fix=fix)
    return [str(one) for one in (label if isinstance(label, list | tuple) else [label])]


_SHOWN = 100  # characters of a label that a message shows


class _Classes(Answer):
    def numbers(self, answer: Mapping[str, Any]) -> Mapping[str, float]:
        return answer["probabilities"]

    def aspects(self, answer: Mapping[str, Any]) -> Sequence[Aspect]:
        """The log odds of each class, the likeliest first."""
        found = [
            Aspect(
                name, lambda other, name=name: log_odds(other["probabilities"][name]), place, odds=True,
                number="log odds", least=LEAST_ODDS,
            ) for place, name in enumerate(answer["probabilities"])
        ]  # fmt: skip
        return sorted(found, key=lambda one: -answer["probabilities"][one.name])

    def pipeline(self, modality: str) -> str:
        if modality in _HUB:
            return f"{modality}-classification"
        return "tabular-classification" if modality == "table" else ""


class OneClass(_Classes):
    """The class of a row. `unknown` is the label of rows of no class, "" if there are none."""

    def __init__(self, classes: Sequence[str], unknown: str = "") -> None:
        super().__init__(METRICS, (*classes, unknown) if unknown and unknown not in classes else classes)
        self.classes = tuple(classes)

    def line(self, side: Mapping[str, Any], words: Sequence[str]) -> str:
        return f"{side['label']} ({side['probability']:.0%})" if "probability" in side else str(side["label"])

    def number(self, answer: Mapping[str, Any], original: Mapping[str, Any]) -> float | None:
        found = answer["probabilities"].get(original["label"])
        return None if found is None else float(found)

    def doubt(self, answer: Mapping[str, Any]) -> Doubt:
        first, second = heapq.nlargest(2, answer["probabilities"].items(), key=lambda pair: pair[1])
        words = f"unsure between {first[0]} ({first[1]:.0%}) and {second[0]} ({second[1]:.0%})"
        return Doubt(1 - first[1] + second[1], 1 - answer["probability"], words)

    def distribution(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> Distribution | None:
        number = {name: place for place, name in enumerate(self.classes)}
        true = [str(example["label"]) for example in examples]
        truth = np.array([number.get(name, -1) for name in true])
        probabilities = np.array([list(answer["probabilities"].values()) for answer in answers])
        # a class without a probability of its own: that of the answer if it is right; 0 if training never saw it
        outside = [a["probability"] if a["label"] == name else 1 - a["probability"]
                   for name, a in zip(true, answers, strict=True)]  # fmt: skip
        own = probabilities[np.arange(len(truth)), np.maximum(truth, 0)]
        return Distribution(
            classes=self.classes, probabilities=probabilities, truth=truth,
            said=[answer["label"] for answer in answers], true=true,
            given=np.where(truth >= 0, own, np.array(outside) * np.isin(true, self.names)),
        )  # fmt: skip

    def export(self) -> HeadExport:
        return HeadExport(
            classes=self.classes, formula="probabilities = softmax(outputs)",
            finish=lambda outputs: outputs.softmax(-1), softmax=True,
        )  # fmt: skip


class SeveralLabels(_Classes):
    """The labels of a row, any number of them."""

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__(METRICS, labels)

    def doubt(self, answer: Mapping[str, Any]) -> Doubt:
        name, share = min(answer["probabilities"].items(), key=lambda pair: abs(pair[1] - 0.5))
        least = min(share, 1 - share)  # of the labels the least sure one decides whether all are right
        return Doubt(2 * least, least, f"unsure about {name} ({share:.0%})")

    def line(self, side: Mapping[str, Any], words: Sequence[str]) -> str:
        labels = side["labels"] if "labels" in side else side["label"]
        return ", ".join(map(str, labels)) or "no label"

    def export(self) -> HeadExport:
        formula = "probabilities = sigmoid(outputs)"
        return HeadExport(classes=self.names, formula=formula, finish=lambda outputs: outputs.sigmoid())


def check_unknown(unknown: str, threshold: float, multi_label: bool) -> None:
    """RecipeError for settings of rows of no class that do not fit together."""
    found = f"unknown='{unknown}', threshold={threshold}, multi_label={str(multi_label).lower()}"
    if (unknown and multi_label) or not 0 <= threshold <= 1 or (threshold and not unknown):
        fix = "set task.unknown=oos task.threshold=0.5, or neither"
        what = "task.threshold needs task.unknown, a value in [0, 1] and one label per row"
        raise RecipeError(217, what, found=found, fix=fix)


def natural(name: str) -> tuple[int, float, str]:
    """Sort "2" before "10", and numbers before words."""
    number = plain_number(name)
    return (1, 0.0, name) if number is None else (0, number, name)
