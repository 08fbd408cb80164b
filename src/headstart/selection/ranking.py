"""The whole of a choice: candidates, race, leaderboard, and one sentence with what to do."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from headstart.assemble import open_start
from headstart.core.catalog import settings_of
from headstart.core.errors import HeadstartError
from headstart.core.recipe import names_of
from headstart.evaluation.intervals import groups_of
from headstart.evaluation.leaks import leaks
from headstart.models.remembered import of_start
from headstart.selection.candidates import SIMPLE, Candidate, Excluded, Pretrain, candidates
from headstart.selection.clock import Clock
from headstart.selection.first_look import FirstLook
from headstart.selection.folds import Fold, folds_of
from headstart.selection.leaderboard import Standing, draws_of, standings, with_more_labels
from headstart.selection.memory import Effort, Memory
from headstart.selection.prior import Prior
from headstart.selection.question import Question
from headstart.selection.race import Entrant, Race
from headstart.selection.trials import Laboratory

PRETRAIN_SHARE = 0.3  # of the time, after which no further start is pretrained


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """What came out. `more` is the expected score, low and high with twice the labels; None where nothing was tried."""

    metric: str
    labels: int
    standings: Sequence[Standing]
    excluded: Sequence[Excluded]
    more: tuple[float, float, float] | None
    sentence: str
    command: str
    seconds: float
    tried: int

    @property
    def best(self) -> Standing | None:
        """The candidate to take: the one with the least expected regret; None if nothing fits."""
        return min((one for one in self.standings if one.place is not None), key=lambda one: one.regret, default=None)

    @property
    def simple(self) -> Standing | None:
        """The simple model that everything is compared with."""
        return next((one for one in self.standings if one.place is None), None)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Ranking:
        """A ranking that `to_json` wrote."""
        return cls(**{
            **facts, "standings": [Standing(**one) for one in facts["standings"]],
            "excluded": [Excluded(**one) for one in facts["excluded"]],
            "more": None if facts["more"] is None else tuple(facts["more"]),
        })  # fmt: skip


@dataclass(slots=True)
class Judge:
    """Carries a choice out.

    most   how many seconds the fine-tune of the winner may take; None: as it plans
    judge  try a candidate that has no rival, too, to say how well it does
    """

    question: Question
    clock: Clock
    pretrain: Pretrain
    memory: Memory = field(default_factory=Memory)
    most: float | None = None
    judge: bool = True
    tell: Callable[[str], None] = lambda line: None

    def rank(self, models: Sequence[str] = ()) -> Ranking:
        """Everyone who fits, tried on folds of the labelled train rows."""
        question, until = self.question, self.clock.part(PRETRAIN_SHARE)
        folds = folds_of(question.task, question.store, question.chosen, question.recipe.seed)
        looks = FirstLook(question, folds, self.memory, self.tell)
        taking, excluded = candidates(question, models, self.pretrain, left=lambda: until.left, look=looks)
        kind = f"{question.recipe.task['kind']} {question.store.manifest['modality']}"
        prior = Prior.of(kind, len(question.chosen))
        taking.sort(key=lambda one: prior.rank(one.family))
        if not folds or not taking:
            return self._untried([Entrant(one, Effort(0)) for one in taking], excluded)
        laboratory = looks.laboratory()
        alone = len(taking) == 1 and not self.judge
        entrants = self._entered(laboratory, taking, folds[0], excluded, None if alone else self.most)
        if alone:
            return self._untried(entrants, excluded)
        for one in entrants:
            one.trials += [looks.trials[one.candidate.name]] if one.candidate.name in looks.trials else []
        Race(laboratory, folds, self.clock, self.tell, excluded).run(entrants)
        tried = [one for one in entrants if one.trials]
        untried = [one.candidate.name for one in entrants if not one.trials and not one.dropped]
        excluded += [Excluded(name, "there was no time to try it") for name in untried]
        if not any(not one.candidate.reference for one in tried):
            return self._untried(entrants, excluded)
        metric, count = laboratory.metric, len(question.chosen)
        losses = draws_of(metric, tried, count, {fold.number: self._groups(fold) for fold in folds}, self.most)
        losses = prior.drawn(losses, [one.candidate.family for one in tried])
        first = taking[0].name
        lines = standings(metric, tried, losses, overlaps=self._overlaps(tried), prior=first)
        leader = next(number for number, one in enumerate(tried) if one.candidate.name == _best(lines).name)
        more = with_more_labels(metric, tried[leader], losses[:, leader])
        points = 100 if metric.fraction else 1
        return Ranking(
            metric=metric.name, labels=count, standings=lines, excluded=excluded, more=more,
            sentence=_sentence(lines, metric.name, count, points, self.clock.used), seconds=self.clock.used,
            command=command_of(question, _best(lines)), tried=sum(len(one.trials) for one in tried),
        )  # fmt: skip

    def _entered(
        self,
        laboratory: Laboratory,
        taking: Sequence[Candidate],
        fold: Fold,
        excluded: list[Excluded],
        most: float | None,
    ) -> list[Entrant]:
        entrants, labels = list[Entrant](), len(fold.learn)
        if self.question.task.baseline is not None:
            entrants.append(Entrant(SIMPLE, Effort(labels)))
        for candidate in taking:
            try:
                stepped, seconds, aside = laboratory.whole(candidate, fold)
            except HeadstartError as unfit:
                excluded.append(Excluded(candidate.name, unfit.what))
                continue
            seconds = min(seconds, most) if most is not None else seconds
            entrants.append(Entrant(candidate, Effort(labels, seconds if stepped else None), aside))
        return entrants

    def _untried(self, entrants: Sequence[Entrant], excluded: list[Excluded]) -> Ranking:
        """Too few rows, or too little time, to try anything, or a single candidate: the order of the prior.

        Where no time is left, what learns in steps comes last.
        """
        taking, nothing = [one for one in entrants if not one.candidate.reference], math.nan
        if self.clock.left <= 0:  # the time was gone before a trial: a network would learn for a step or two
            taking.sort(key=lambda one: one.stepped)
        lines = [
            Standing(
                place=number, name=one.candidate.name, family=one.candidate.family, score=nothing, low=nothing,
                high=nothing, chance=nothing, regret=float(number), minutes=(one.whole.seconds or 0.0) / 60,
                milliseconds=nothing, megabytes=nothing, licence="", overlap=0, folds=0, labels=0, stepped=one.stepped,
                prior=number == 1, fields=dict(one.candidate.fields),
            )
            for number, one in enumerate(taking, 1)
        ]  # fmt: skip
        sentence, command = "Nothing fits these data.", ""
        if lines:
            sentence = f"Nothing was tried with {len(self.question.chosen)} labels; take {lines[0].name}, "
            sentence += "by experience with other data." if len(lines) > 1 else "which has no rival."
            command = command_of(self.question, lines[0])
        return Ranking(
            metric="", labels=len(self.question.chosen), standings=lines, excluded=excluded, more=None,
            sentence=sentence, command=command, seconds=self.clock.used, tried=0,
        )  # fmt: skip

    def _groups(self, fold: Fold) -> np.ndarray:
        found = groups_of([example.get("group") for example in self.question.store.examples_of(fold.held)])
        return np.arange(len(fold.held)) if found is None else found

    def _overlaps(self, tried: Sequence[Entrant]) -> dict[str, int]:
        """How many test rows the start of each has seen, as they are or as changed copies; no label is read."""
        rows, found = self.question.store.rows("test"), dict[str, int]()
        for start in {one.candidate.start for one in tried}:
            opened = open_start(start)
            seen = leaks([] if opened is None else [of_start(opened)], self.question.store, rows).seen
            found |= {one.candidate.name: seen for one in tried if one.candidate.start == start}
        return found


def _best(lines: Sequence[Standing]) -> Standing:
    return min((one for one in lines if one.place is not None), key=lambda one: one.regret)


def _sentence(lines: Sequence[Standing], metric: str, labels: int, points: int, seconds: float) -> str:
    best = _best(lines)
    text = (
        f"Take {best.name}: expected {metric} {best.score:.3f} [{best.low:.3f}, {best.high:.3f}] with {labels:,} labels"
    )
    simple = next((one for one in lines if one.place is None), None)
    if simple is not None:
        apart, unit = points * (best.score - simple.score), " points" if points == 100 else ""
        side = "above" if apart > 0 else "below"
        text += f", {abs(apart):.1f}{unit} {side} the simple model ({simple.score:.3f})"
        text += ", which is no candidate itself" if simple.regret < 0 else ""
    ties = [one.name for one in lines if one.place == best.place and one is not best]
    alone = (
        "surely the best of those tried"
        if sum(one.place is not None for one in lines) > 1
        else "nothing else was tried"
    )
    text += f"; not told apart from it: {', '.join(ties[:4])}" if ties else f"; {alone}"
    text += f" and {len(ties) - 4} more" if len(ties) > 4 else ""
    return f"{text}. Asking took {seconds:,.0f} s."


def command_of(question: Question, standing: Standing) -> str:
    """The command line that fine-tunes a candidate."""
    given = question.recipe.data.get("source", ["DATA"])
    parts = given if isinstance(given, Mapping) else {"": given}
    words = ["headstart", "finetune"]
    for part, one in parts.items():
        name = names_of(one)[0]
        words += [*([f"--{part}"] if part else []), "DATA" if name.startswith("<") else name]
    stored = {f"modality.{name}": value for name, value in settings_of(question.recipe.modality).items()}
    fields = {"start": "scratch", **stored, **standing.fields}
    named = {"start": "--from", "backbone.kind": "--backbone", "tuning.kind": "--tuning"}
    for name, option in named.items():
        words += [option, str(fields.pop(name))] if name in fields else []
    words += ["--labels", str(question.recipe.labels)] if question.recipe.labels is not None else []
    for name in ("input", "target", "id", "time", "modality"):
        words += [f"--{name}", str(question.recipe.data[name])] if question.recipe.data.get(name) else []
    if not question.task.needs_labels:  # no labels say which task it is, or how far it looks ahead
        asked = dict(question.recipe.task)
        words += ["--task", asked.pop("kind")]
        fields |= {f"task.{name}": value for name, value in asked.items()}
    words += ["--follow"] if question.recipe.data.get("follow") else []
    words += [f"{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in fields.items()]
    return shlex.join([*words, "--out", "DIR"])
