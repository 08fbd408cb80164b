"""Classification: one label a row, or several."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from headstart.core.contracts import Augment, Backbone, Batch, Columns, Example, Plain, Row, RowTask, Step
from headstart.core.contracts.choice import Suits
from headstart.core.contracts.over_time import OverTime
from headstart.core.contracts.probe import LinearFit
from headstart.core.contracts.ranges import Few, Share
from headstart.core.errors import DataError
from headstart.data.labels.numbers import could_be_both
from headstart.training.heads import HeadProbe, build_head, by_member, classics, unseen_label
from headstart.training.linear.baseline import LinearBaseline
from headstart.training.linear.solve import fit_classes, fit_labels
from headstart.training.tasks.classify.answer import (
    OneClass,
    SeveralLabels,
    check_unknown,
    is_no_class,
    names_in,
    natural,
)
from headstart.training.tasks.classify.in_time import near_change_of, over_time, times_of
from headstart.training.tasks.classify.scores import of_classes, of_labels, of_unknown
from headstart.training.tasks.classify.weights import Weights, class_weights
from headstart.training.twins import Agree, Twins
from headstart.training.words.sparse_features import Wanted, row_features


class _Probe(HeadProbe):
    task: Classify

    @property
    def form(self) -> Literal["classes", "labels"]:
        return "labels" if self.task.multi_label else "classes"

    def weights(self, targets: np.ndarray) -> np.ndarray | None:
        even = self.task.even or self.task.multi_label
        return None if even else self.task.class_weight.cpu().numpy()[targets]

    def fit(self, features: Plain, targets: np.ndarray, *, solver: str, seed: int) -> LinearFit:
        if self.task.multi_label:
            return fit_labels(features, targets, solver=solver, seed=seed)
        return fit_classes(features, targets, len(self.task.classes), solver=solver, seed=seed)


class Classify(RowTask):
    """Say which class a row belongs to, or, with `multi_label`, which of several labels it carries.

    classes    the labels, in the order of the outputs (found in the train split unless given)
    counts     rows of each class in the train split, for `weights="auto"`
    weights    "none", "auto" (inverse class frequency) or {"class": weight, ...}
    smoothing  label smoothing (Szegedy et al. 2016)
    hidden     width of a hidden layer in the head (0: a linear head)
    sparse     add a linear map of sparse features, such as n-grams of texts or k-mers of sequences, to the head
               ("auto": where the network gives no vectors)
    twins      answer for the mean of a row and its other form that means the same, as the other strand of DNA with
               modality.strands=both
    agree      weight in training of how far the outputs for both forms are apart; both are learned then
    layers     read the means of inner layers beside the network's summary, where it hands them out
    unknown    the label of rows that belong to no class; rows of it in the train split are learned as one more class
               ("oos-train", Larson et al. 2019), and where there are none `threshold` alone finds such rows
    threshold  answer `unknown` where the most probable known class is less probable than this

    The probability of the answer `unknown` is 1 - that of the most probable known class.
    """

    probe = _Probe
    baseline = LinearBaseline
    classics: ClassVar[Mapping[str, Mapping[str, Any]]] = classics("linear", "boosting")

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        classes: Sequence[str] = (),
        counts: Sequence[int] = (),
        multi_label: bool = False,
        weights: Weights = "none",
        smoothing: Share = 0.0,
        hidden: Few = 0,
        dropout: Share = 0.0,
        sparse: Wanted = "auto",
        twins: bool = True,
        agree: Agree = "auto",
        layers: bool = False,
        unknown: str = "",
        threshold: float = 0.0,
    ) -> None:
        super().__init__(backbone, augment)
        check_unknown(unknown, threshold, multi_label)
        if len(classes) < 2 and not multi_label:
            fix = "label rows of a second class"
            raise DataError(401, "classification needs two classes", found=list(classes), fix=fix)
        self.multi_label, self.smoothing, self.even = multi_label, smoothing, weights == "none"
        self.classes, self.unknown, self.threshold, self.inner_layers = tuple(classes), unknown, threshold, layers
        self.answer = SeveralLabels(classes) if multi_label else OneClass(classes, unknown)
        self._numbers = {name: number for number, name in enumerate(self.answer.names)}
        self.sparse = row_features(sparse, backbone, augment.modality, len(self.classes))
        self.size = len(self.classes)
        self.head = build_head(
            backbone, sample, augment, self.size, hidden=hidden, dropout=dropout, sparse=self.sparse, layers=layers
        )
        self.twins = Twins(augment, backbone, sample, wanted=twins, agree=agree, layers=layers)
        self.agree, self.manner = self.twins.agree, self.twins.manner
        self.register_buffer("class_weight", class_weights(self.classes, counts, weights), persistent=False)
        self.class_weight: Tensor

    @classmethod
    def fits(cls, labels: Sequence[Any]) -> Suits | None:
        if not labels or any(is_no_class(label) for label in labels):
            return None
        both = could_be_both(labels)
        names = f"{len({name for label in labels for name in names_in(label)})} names"
        return Suits(1 if both else 0, f"the labels are {names}")

    @classmethod
    def class_names(cls, settings: Mapping[str, Any]) -> Sequence[str]:
        return settings["classes"]

    @classmethod
    def advised(cls, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        pair = len(settings["classes"]) == 2 and not settings["multi_label"]
        return {"backbone.outputs": 1 if pair else max(1, len(settings["classes"]))}

    @classmethod
    def one_class(cls, settings: Mapping[str, Any]) -> bool:
        return not settings["multi_label"]

    @classmethod
    def infer_settings(cls, labels: Sequence[Any]) -> dict[str, Any]:
        known = [label for label in labels if label is not None]
        several = any(isinstance(label, list | tuple) for label in known)
        names = [name for label in known for name in names_in(label)]
        classes = sorted(set(names), key=natural)
        numbers = {name: number for number, name in enumerate(classes)}
        counts = np.bincount([numbers[name] for name in names], minlength=len(classes)).tolist()
        return {"classes": classes, "counts": counts, "multi_label": several}

    def label(self, example: Example, row: Row) -> Columns:
        given = example["label"]
        names = names_in(given) if self.multi_label else [str(given)]
        for name in names:
            if self._numbers.get(name, len(self.classes)) == len(self.classes):  # the head has no output for it
                raise unseen_label(name, str(example.get("origin", "")), f"one of {len(self.classes)} classes")
        if self.multi_label:
            present = np.zeros(len(self.classes), np.float32)
            present[[self._numbers[name] for name in names]] = 1.0
            return {"y": present}
        return {"y": np.asarray(self._numbers[names[0]], np.int64)}

    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        ready = self.augment({**batch, "mix": batch["y"]})
        return self.seen(backbone, ready), self._mixed(ready) if "share" in ready else batch["y"]

    def seen(self, backbone: Backbone, ready: Batch) -> Tensor:
        return self.twins.seen(backbone, ready, self.sparse, training=self.training)

    def apart(self, features: Tensor, others: Tensor) -> Tensor:
        return (self.head(features) - self.head(others)).float().square().mean()

    def judge(self, features: Tensor, targets: Tensor) -> Step:
        outputs = self.head(features).float()  # [B, K]
        y = by_member(targets, outputs)
        if self.multi_label:
            each = functional.binary_cross_entropy_with_logits(outputs, y, reduction="none")
            return Step((each * self.class_weight).mean())
        if y.ndim == 2:
            return self._judge_mixed(outputs, y)
        # weights multiply rows and the mean is over rows, so that a batch can be cut without changing the loss
        each = functional.cross_entropy(outputs, y, reduction="none", label_smoothing=self.smoothing)
        hits = (outputs.argmax(1) == y).float().mean()
        return Step((each * self.class_weight[y]).mean(), {"accuracy": hits.detach()})

    def _mixed(self, ready: Batch) -> Tensor:
        """How much of each class a mixed row shows, [B, K]."""
        y, other = ready["y"], ready["other"]
        if not self.multi_label:
            y, other = (functional.one_hot(one, len(self.classes)).float() for one in (y, other))
        return torch.lerp(other, y, ready["share"][:, None])

    def _judge_mixed(self, outputs: Tensor, shares: Tensor) -> Step:
        """The loss of each class in its share [B, K]: it is linear in the target (Zhang et al., ICLR 2018, eq. 1)."""
        hits = (outputs.argmax(1) == shares.argmax(1)).float().mean()
        weighed = shares * self.class_weight
        even = weighed.sum(1, keepdim=True) / len(self.classes)
        goal = torch.lerp(weighed, even.expand_as(weighed), self.smoothing)
        return Step(functional.cross_entropy(outputs, goal), {"accuracy": hits.detach()})

    def chance_loss(self, batch: int) -> float | None:
        return math.log(len(self.classes)) if self.even and not self.multi_label else None

    def say(self, features: Tensor) -> list[dict[str, Any]]:
        return self.decode(self.head(features))

    def plain(self, features: Tensor) -> Tensor:
        outputs = self.head(features).float()  # [B, K]
        return outputs.sigmoid() if self.multi_label else outputs.softmax(1)

    def temper(self, temperature: float) -> None:
        last = [module for module in self.head.modules() if isinstance(module, torch.nn.Linear)][-1]
        with torch.no_grad():
            for weights in last.parameters():
                weights.div_(temperature)

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        """Outputs of the head [n, K] -> answers."""
        outputs = outputs.double()  # [n, K]
        shares = (outputs.sigmoid() if self.multi_label else outputs.softmax(1)).cpu()
        rows = [dict(zip(self.classes, row, strict=True)) for row in shares.tolist()]
        if self.multi_label:
            return [{"labels": [n for n, p in row.items() if p >= 0.5], "probabilities": row} for row in rows]
        pairs = zip(self._best(shares), rows, strict=True)
        return [{"label": name, "probability": share, "probabilities": row} for (name, share), row in pairs]

    def _best(self, shares: Tensor) -> list[tuple[str, float]]:
        """The class to answer and its probability, for each row of shares [n, K]."""
        known = shares
        if self.unknown in self.classes:
            known = shares.clone()
            known[:, self._numbers[self.unknown]] = -1.0
        numbers = known.argmax(1, keepdim=True)
        best = known.gather(1, numbers)[:, 0]
        pairs = zip((self.classes[number] for number in numbers[:, 0].tolist()), best.tolist(), strict=True)
        if not self.unknown:
            return list(pairs)
        outside = ((best < self.threshold) | (shares.amax(1) > best)).tolist()
        return [(self.unknown, 1 - share) if out else (name, share)
                for (name, share), out in zip(pairs, outside, strict=True)]  # fmt: skip

    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        return self.scorer(answers, examples)(np.arange(len(answers)))

    def scorer(
        self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]
    ) -> Callable[[np.ndarray], dict[str, float]]:
        if self.multi_label:
            true = self._indicators([set(names_in(example["label"])) for example in examples])
            told, hits = self._indicators([set(a["labels"]) for a in answers]), self.row_scores(answers, examples)
            return lambda rows: of_labels(true[rows], told[rows], hits[rows])
        truth, said = self._truth(examples), np.array([self._numbers[a["label"]] for a in answers], np.int64)
        second = np.array([a["probabilities"][self.classes[1]] for a in answers]) if len(self._numbers) == 2 else None
        near = near_change_of(truth, examples)
        unknown = self._unknown_rows(answers, examples) if self.unknown else ()

        def scores(rows: np.ndarray) -> dict[str, float]:
            found = of_classes(truth[rows], said[rows], None if second is None else second[rows])
            if near.any():
                some = rows[near[rows]] if near[rows].any() else rows  # a draw without any counts all of its rows
                found["transition_accuracy"] = float((truth[some] == said[some]).mean())
            return {**found, **of_unknown(*(one[rows] for one in unknown))} if unknown else found

        return scores

    def over_time(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> OverTime | None:
        if self.multi_label or (times := times_of(examples)) is None:
            return None
        return over_time(self._truth(examples), np.array([self._numbers[a["label"]] for a in answers]), times)

    def _unknown_rows(
        self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of each row [n]: is it of no known class, is it right, and how little the model thinks that it is of one."""
        outside = np.array([str(example["label"]) == self.unknown for example in examples])
        doubt = np.array([a["probability"] if a["label"] == self.unknown else 1 - a["probability"] for a in answers])
        return outside, self.row_scores(answers, examples), doubt

    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        if self.multi_label:
            pairs = zip(answers, examples, strict=True)
            return np.array([set(a["labels"]) == set(names_in(e["label"])) for a, e in pairs], np.float64)
        return np.array([a["label"] == str(e["label"]) for a, e in zip(answers, examples, strict=True)], np.float64)

    def constant(self, examples: Sequence[Example]) -> float:
        names = [tuple(sorted(names_in(example["label"]))) for example in examples]
        return max(Counter(names).values()) / len(names)

    def _truth(self, examples: Sequence[Example]) -> np.ndarray:
        """Numbers of the classes of rows, int64 [n]; classes that training never saw are -1, -2, ..."""
        names, others = [str(example["label"]) for example in examples], dict[str, int]()
        return np.array([self._numbers[name] if name in self._numbers else others.setdefault(name, -1 - len(others))
                         for name in names], np.int64)  # fmt: skip

    def _indicators(self, rows: Sequence[set[str]]) -> np.ndarray:
        return np.array([[name in row for name in self.classes] for row in rows], bool)
