"""Answers to several targets, each under its name: {"stars": {"value": 4.1}, "kind": {"label": "new", ...}}."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from headstart.core.contracts import Example
from headstart.core.contracts.answer import Answer, Doubt, HeadExport
from headstart.core.contracts.metric import Metric
from headstart.training.tasks.multitask.held import Held
from headstart.training.tasks.multitask.scores import METRIC, SKILL, skill, skills


class Targets(Answer):
    """One answer a target."""

    tabled: ClassVar[str] = "target"

    def __init__(self, held: Sequence[Held]) -> None:
        super().__init__([METRIC, *_metrics(held)])
        self._held = tuple(held)

    def numbers(self, answer: Mapping[str, Any]) -> Mapping[str, float]:
        return {
            f"{one.name} {name}": value
            for one in self._held
            for name, value in one.task.answer.numbers(answer[one.name]).items()
        }

    def doubt(self, answer: Mapping[str, Any]) -> Doubt | None:
        """Of the target that it is least sure of."""
        found = [(one.name, one.task.answer.doubt(answer[one.name])) for one in self._held]
        told = [(name, doubt) for name, doubt in found if doubt is not None]
        if not told:
            return None
        name, most = max(told, key=lambda pair: pair[1].share)
        return replace(most, words=f"{name}: {most.words}")

    def line(self, side: Mapping[str, Any], words: Sequence[str]) -> str:
        answered = all(isinstance(side.get(one.name), Mapping) for one in self._held)
        given = side if answered else {name: {"label": label} for name, label in side["label"].items()}
        said = [(one, given[one.name]) for one in self._held if given.get(one.name, {"label": None}) != {"label": None}]
        return "; ".join(f"{one.name} {one.task.answer.line(part, words)}" for one, part in said)

    def lines(self, answer: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        """The first thing that an answer says of a target under the name of the target, the others behind it."""
        made = dict[str, Any]()
        for one in self._held:
            first, *others = answer[one.name].items()
            made |= {one.name: first[1], **{f"{one.name}_{name}": value for name, value in others}}
        return [made]

    def table(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> list[dict[str, Any]]:
        found = list[dict[str, Any]]()
        for one in self._held:
            rows, said, true = one.sides(answers, examples)
            if len(rows):
                headline, value = next(iter(one.task.score(said, true).items()))
                own, known = (side.mean() for side in skills(one, answers, examples))
                of = {SKILL: float(own / known)} if known else {SKILL: 0.0}
                found.append({"target": one.name, "rows": len(rows), **of, "score": headline, "value": value})
        return found

    def export(self) -> HeadExport:
        parts = [(one, one.task.answer.export()) for one in self._held]
        facts = {
            one.name: {
                "from": one.outputs.start, "to": one.outputs.stop, **part.facts,
                **({"classes": list(part.classes)} if part.classes else {}),
            }
            for one, part in parts
        }  # fmt: skip

        def finish(outputs: Tensor) -> Tensor:
            return torch.cat([part.finish(outputs[..., one.outputs]) for one, part in parts], -1)

        note = ("A graph gives the answers to all targets behind each other, as `targets` in `export.json` says; what "
                "transformers opens has no heads.")  # fmt: skip
        return HeadExport(facts={"targets": facts}, note=note, finish=finish)


def _metrics(held: Sequence[Held]) -> Iterable[Metric]:
    """Those of every target, by its name, and its skill."""
    for one in held:
        yield Metric(f"{one.name}_{SKILL}", fraction=True, from_rows=skill)
        for metric in one.task.answer.metrics.values():
            yield replace(metric, name=f"{one.name}_{metric.name}", hub="")
