"""Several targets of a row at once: one network, and a head of its own for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from headstart.core import catalog
from headstart.core.contracts import Augment, Backbone, Batch, Columns, Example, Modality, Plain, Row, Step, Task
from headstart.core.contracts.choice import Circumstances, Suits
from headstart.core.contracts.look import Look
from headstart.core.contracts.probe import LinearFit, LinearProbe
from headstart.core.errors import RecipeError
from headstart.training.heads import classics
from headstart.training.linear.baseline import LinearBaseline
from headstart.training.tasks.multitask.answer import Targets
from headstart.training.tasks.multitask.choosing import are_named, by_target, held_class, tables
from headstart.training.tasks.multitask.held import Held
from headstart.training.tasks.multitask.scores import SKILL, skill, skills
from headstart.training.tasks.multitask.sparse import Together
from headstart.training.twins import Agree, Twins
from headstart.training.words.sparse_features import Wanted


class _Probe(LinearProbe):
    """The probes of all targets side by side: outputs of the first, then of the next."""

    task: Multitask

    def check(self) -> None:
        for one in self.task.held:
            one.task.linear_probe().check()

    def fit(self, features: Plain, targets: np.ndarray, *, solver: str, seed: int) -> LinearFit:
        fits, chosen = list[LinearFit](), dict[str, float]()
        for one in self.task.held:
            known, y = (side.numpy() for side in one.known(torch.from_numpy(targets)))
            some: Any = features[known]
            fits.append(one.task.linear_probe().fit(some, y, solver=solver, seed=seed))
            chosen |= {f"{one.name}_{name}": value for name, value in fits[-1].chosen.items()}
        return _beside(fits, chosen)

    def load(self, fit: LinearFit) -> None:
        for one in self.task.held:
            own = replace(fit, weight=fit.weight[:, one.outputs], bias=fit.bias[one.outputs])
            one.task.linear_probe().load(own)

    def read(self) -> LinearFit | None:
        found = [fit for one in self.task.held if (fit := one.task.linear_probe().read()) is not None]
        return _beside(found, {}) if len(found) == len(self.task.held) else None

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        held = self.task.held
        return _by_row(held, [one.task.linear_probe().decode(outputs[:, one.outputs]) for one in held])


class Multitask(Task):
    """Learn several targets of a row at once, of different kinds: one network, and a head of its own for each.

    The loss is the mean of the targets', cross-entropy and errors of standardised numbers alike. A row counts for the
    targets of which it has a label. The headline is `skill`, the mean of the targets': 1 - loss / loss of the best
    constant answer to the same rows (R^2 for rmse), 1 is perfect and 0 no better than that answer.

    tasks   of each target its task with its settings, found in the train rows unless given; of those given, what is
            not said is found: {"stars": {"kind": "regress"}}
    shares  of each target the share of the train rows that have a label of it (found there unless given)
    sparse  add a linear map of sparse features to every head ("auto": where the network gives no vectors)
    twins   answer for the mean of a row and its other form that means the same
    agree   weight in training of how far the outputs for both forms are apart; both are learned then
    layers  read the means of inner layers beside the network's summary, where it hands them out
    """

    by_name = True
    probe = _Probe
    baseline = LinearBaseline
    classics: ClassVar[Mapping[str, Mapping[str, Any]]] = classics("linear")

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        tasks: Mapping[str, Mapping[str, Any]],
        shares: Mapping[str, float],
        sparse: Wanted = "auto",
        twins: bool = True,
        agree: Agree = "auto",
        layers: bool = False,
    ) -> None:
        super().__init__(backbone, augment)
        self.inner_layers = layers
        reading = {"sparse": sparse, "twins": twins, "agree": agree, "layers": layers}
        held, last = list[Held](), None
        for name, table in tasks.items():
            _check_reading(name, table, reading)
            part = catalog.part(held_class(str(table.get("kind")), name), {**table, **reading}, f"task.tasks.{name}")
            last = Held.behind(last, name, part.build(backbone, sample, augment), shares.get(name, 1.0))
            held.append(last)
        self.held = tuple(held)
        self.heads = nn.ModuleList([one.task for one in held])
        maps = [one.task.sparse for one in held if one.task.sparse is not None]
        self.sparse = Together(maps) if maps else None
        self.twins = Twins(augment, backbone, sample, wanted=twins, agree=agree, layers=layers)
        self.agree, self.manner = self.twins.agree, self.twins.manner
        self.answer = Targets(self.held)

    @classmethod
    def suits(cls, labels: Sequence[Any], about: Circumstances) -> Suits | None:
        return Suits(0, f"the labels are of {len(by_target(labels))} targets") if are_named(labels) else None

    @classmethod
    def infer_settings(cls, labels: Sequence[Any]) -> dict[str, Any]:
        return cls.completed(labels, {})

    @classmethod
    def completed(cls, labels: Sequence[Any], said: Mapping[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in said.items() if value is not None}
        asked = given.get("tasks", {})
        if not isinstance(asked, Mapping) or not all(isinstance(table, Mapping) for table in asked.values()):
            return {"shares": {}, **given}  # its type is refused with all others
        found = tables(labels, asked)
        known = {name: sum(one is not None for one in column) for name, column in by_target(labels).items()}
        most = max(1, sum(label is not None for label in labels))
        shares = {name: known[name] / most for name in found if known.get(name)}
        return {**given, "tasks": found, "shares": given.get("shares", {}) | shares}

    @classmethod
    def strata(cls, labels: Sequence[Any]) -> Sequence[str] | None:
        """Of the targets whose labels come again, together."""
        columns = [Task.strata(["" if one is None else one for one in column])
                   for column in by_target(labels).values()]  # fmt: skip
        again = [column for column in columns if column is not None and 2 * len(set(column)) <= len(column)]
        return ["|".join(row) for row in zip(*again, strict=True)] if again else None

    @classmethod
    def show_label(cls, look: Look, example: Example, words: Sequence[str], modality: Modality) -> Look:
        label = example.get("label")
        if not isinstance(label, Mapping):
            return super().show_label(look, example, words, modality)
        return replace(look, title="; ".join(f"{name} {one}" for name, one in label.items()))

    def label(self, example: Example, row: Row) -> Columns:
        return {"y": np.concatenate([one.target(example, row) for one in self.held])}

    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        return self._seen(backbone, batch), batch["y"]

    def judge(self, features: Tensor, targets: Tensor) -> Step:
        loss, logs = features[:0].float().sum(), dict[str, Tensor]()
        for one in self.held:
            known, y = one.known(targets)
            if len(y):
                step = one.task.judge(self._read(one, features)[known], y)
                # over the rows of the batch, not the known ones: then it can be cut without changing the loss
                loss = loss + step.loss * (len(y) / (len(targets) * one.share * len(self.held)))
                logs |= {
                    f"{one.name}_{name}": value for name, value in {"loss": step.loss.detach(), **step.logs}.items()
                }
        return Step(loss, logs)

    def _seen(self, backbone: Backbone, batch: Batch) -> Tensor:
        """What the heads read of a batch, [B, F], from one pass."""
        return self.twins.seen(backbone, self.augment(batch), self.sparse, training=self.training)

    def _read(self, one: Held, features: Tensor) -> Tensor:
        return one.read(features, 0 if self.sparse is None else self.sparse.outputs)

    def apart(self, features: Tensor, others: Tensor) -> Tensor:
        gaps = [one.task.apart(self._read(one, features), self._read(one, others)) for one in self.held]
        return torch.stack(gaps).mean()

    def chance_loss(self, batch: int) -> float | None:
        found = [one.task.chance_loss(batch) for one in self.held]
        known = [loss for loss in found if loss is not None]
        return sum(known) / len(known) if len(known) == len(found) else None

    def meet(self, labels: Sequence[Any]) -> None:
        for name, column in by_target(labels).items():
            for one in self.held:
                if one.name == name:
                    one.task.meet(column)

    def bound(self, backbone: Backbone, batches: Iterable[Batch]) -> None:
        every = list(batches)
        for one in self.held:
            one.task.bound(backbone, [own for batch in every if len((own := _own(one, batch))["y"])])

    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        features = self._seen(backbone, batch)
        return _by_row(self.held, [one.task.say(self._read(one, features)) for one in self.held])

    def outputs(self, backbone: Backbone, batch: Batch) -> Tensor:
        features = self._seen(backbone, batch)
        return torch.cat([one.task.plain(self._read(one, features)) for one in self.held], 1)

    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        return self.scorer(answers, examples)(np.arange(len(answers)))

    def scorer(
        self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]
    ) -> Callable[[np.ndarray], dict[str, float]]:
        sides = [(one, skills(one, answers, examples), *_scorer(one, answers, examples)) for one in self.held]

        def scores(rows: np.ndarray) -> dict[str, float]:
            found = dict[str, float]()
            for one, own, place, of in sides:
                if len(some := place[rows][place[rows] >= 0]):
                    found[f"{one.name}_{SKILL}"] = float(skill(np.array([side[rows].mean() for side in own])))
                    found |= {f"{one.name}_{name}": value for name, value in of(some).items()}
            every = [side[rows].mean() for part in (0, 1) for side in [own[part] for _, own, _, _ in sides]]
            return {SKILL: float(skill(np.array(every))), **found}

        return scores

    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        """[n, 2T]: of every target its skill, then whether the row counts for it."""
        sides = [skills(one, answers, examples) for one in self.held]
        return np.stack([side[part] for part in (0, 1) for side in sides], 1)


def _beside(fits: Sequence[LinearFit], chosen: Mapping[str, float]) -> LinearFit:
    """The outputs of all side by side."""
    weight, bias = np.concatenate([fit.weight for fit in fits], 1), np.concatenate([fit.bias for fit in fits])
    return LinearFit(weight, bias, chosen, missed=float(np.mean([fit.missed for fit in fits])))


def _scorer(
    one: Held, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]
) -> tuple[np.ndarray, Callable[[np.ndarray], dict[str, float]]]:
    """The place of every row among those that have a label of a target, -1 for others, and the scorer of these."""
    rows, said, true = one.sides(answers, examples)
    place = np.full(len(examples), -1)
    place[rows] = np.arange(len(rows))
    return place, one.task.scorer(said, true) if len(rows) else lambda rows: {}


def _own(one: Held, batch: Batch) -> Batch:
    """The rows of a batch that have a label of a target, with its targets."""
    known, y = one.known(batch["y"])
    return {**{name: values[known] for name, values in batch.items() if name != "y"}, "y": y}


def _by_row(held: Sequence[Held], answers: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Answers of every target [T][n] -> of every row, by the names of the targets."""
    names = [one.name for one in held]
    return [dict(zip(names, row, strict=True)) for row in zip(*answers, strict=True)]


def _check_reading(name: str, table: Mapping[str, Any], reading: Mapping[str, Any]) -> None:
    """RecipeError for a target that reads something else of a row than the others."""
    odd = [key for key in reading if table.get(key) not in (None, reading[key])]
    if odd:
        fix = f"set task.{odd[0]}, which counts for all targets"
        raise RecipeError(930, "all targets read the same of a row", where=f"task.tasks.{name}.{odd[0]}",
                          found=table[odd[0]], fix=fix)  # fmt: skip
