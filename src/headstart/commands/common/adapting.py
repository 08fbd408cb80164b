"""What `auto` does with a ranking: adapt the best candidate, check it against the simple model, calibrate it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from headstart.assemble import Parts, examples_of, finetuning, label_count
from headstart.commands.common.progress import learn
from headstart.commands.common.terminal import tell
from headstart.core import recipe as recipes
from headstart.core.errors import HeadstartError, UsageError
from headstart.core.files import STATE
from headstart.core.recipe import Recipe, override
from headstart.evaluation import baselines
from headstart.evaluation.calibration import fit_temperature
from headstart.evaluation.intervals import Interval, gain_interval
from headstart.evaluation.validation import end_task, look_at_task
from headstart.inference.predictor import Predictor
from headstart.selection.clock import Clock
from headstart.selection.leaderboard import Standing
from headstart.selection.question import Question
from headstart.selection.ranking import Ranking
from headstart.training.run.run import Outcome, is_stepped

WINNER = "winner.toml"
SHARE = 0.8  # of the time left that the fine-tune may use; the rest scores and writes
CALIBRATE = 50  # held-out rows from which a temperature is fitted


@dataclass(frozen=True, slots=True)
class Adapted:
    """A candidate that has learned from the labels.

    `gain` is that over the simple model on rows that it only looked at; None where there are no such rows.
    """

    standing: Standing
    parts: Parts
    predictor: Predictor
    outcome: Outcome
    gain: Interval | None
    warnings: tuple[str, ...] = ()


def adapt(question: Question, ranking: Ranking, folder: Path, clock: Clock, *, quiet: bool) -> Adapted:
    """The best candidate, fine-tuned; another one where that turns out below the simple model.

    UsageError if nothing fits the data.
    """
    warnings: list[str] = []
    made: Adapted | None = None
    for one in _attempts(ranking):
        tell(f"{clock.used:6.0f} s  adapt {one.name}", quiet=quiet)
        try:
            made = _learned(question, one, folder, clock, quiet=quiet)
        except HeadstartError as unfit:
            warnings.append(f"{one.name} could not be adapted: {unfit.what}")
            continue
        if made.gain is None or not _worse(made.gain, one, ranking):
            break
        points = f"{made.gain.value:+.3f} [{made.gain.low:+.3f}, {made.gain.high:+.3f}]"
        warnings.append(f"{one.name} scored below the simple model on held-out train rows ({points})")
        shutil.rmtree(folder / STATE, ignore_errors=True)
        (folder / WINNER).unlink(missing_ok=True)
    if made is None:
        why = "; ".join([*warnings, *(f"{one.name}: {one.why}" for one in ranking.excluded)][:4])
        raise UsageError(525, "no start fits these data", found=why, fix="pass --task, or finetune --from MODEL")
    _calibrate(made)
    return Adapted(made.standing, made.parts, made.predictor, made.outcome, made.gain, tuple(warnings))


def _worse(gain: Interval, one: Standing, ranking: Ranking) -> bool:
    """Surely below the simple model; or below it, while others were not told apart from this candidate."""
    ties = [other for other in ranking.standings if other.place == one.place and other is not one]
    return gain.high < 0 or (gain.value < 0 and bool(ties))


def _attempts(ranking: Ranking) -> Iterator[Standing]:
    """The best one, and after it the best that takes no steps, which was judged just as it will be."""
    order = sorted((one for one in ranking.standings if one.place is not None), key=lambda one: one.regret)
    yield from order[:1]
    yield from [one for one in order[1:] if not one.stepped]


def _learned(question: Question, one: Standing, folder: Path, clock: Clock, *, quiet: bool) -> Adapted:
    recipe = _settled(question, one, folder, clock)
    parts = finetuning(recipe, question.data, device=question.device)
    recipes.write(recipe, folder / WINNER, comment=f"headstart finetune --recipe {WINNER} --out DIR")
    predictor = Predictor(parts.modality, parts.trainee, device=parts.device)
    assert parts.tuning is not None
    outcome = learn(parts, predictor, look_at_task, folder, title=f"adapt {one.name}", track=None, quiet=quiet)
    end_task(parts, predictor)
    gain = _over_simple(parts, predictor) if is_stepped(parts.trainee, parts.tuning) else None
    return Adapted(one, parts, predictor, outcome, gain)


def _settled(question: Question, one: Standing, folder: Path, clock: Clock) -> Recipe:
    """The recipe of a candidate, in the time that is left; that of an earlier call, where one was cut off."""
    recipe = override(question.recipe_of(one.fields), {"verb": "finetune"}).with_part("rank", {})
    if (folder / WINNER).is_file():
        earlier = recipes.read(folder / WINNER)
        if _without_budget(earlier) == _without_budget(recipe.portable()):
            return replace(recipe, labels=earlier.labels, plan=earlier.plan)
        shutil.rmtree(folder / STATE, ignore_errors=True)
    others = 2 * len(question.store.rows("valid")) + len(question.store.rows("test"))  # they are answered too
    each = one.milliseconds / 1000 if one.folds else 0.0
    seconds, more = max(1.0, SHARE * clock.left - each * others), dict[str, Any]()
    if one.stepped:
        more["plan.minutes"] = round(min(seconds, 60 * one.minutes) / 60, 4)
    elif one.labels and 60 * one.minutes * len(question.chosen) / one.labels > seconds:
        fits = int(one.labels * seconds / (60 * one.minutes))  # what was tried with fewer labels took so long
        many = max(min(one.labels, len(question.chosen)), min(fits, len(question.chosen)))
        units = label_count(question.store, question.chosen)
        more["labels"] = max(1, many * units // len(question.chosen))
    return override(recipe, more)


def _without_budget(recipe: Recipe) -> Mapping[str, Any]:
    found = {**recipe.as_dict(), "labels": None}
    plan = {name: value for name, value in found.get("plan", {}).items() if name != "minutes"}
    return {**found, "plan": plan}


def _over_simple(parts: Parts, predictor: Predictor) -> Interval | None:
    """How much better it is than the simple model, on rows that neither learned from, paired."""
    task, store = predictor.task, parts.store
    learned = np.setdiff1d(parts.chosen, parts.held)
    if task.baseline is None or len(parts.held) < 20 or len(learned) < 2:
        return None
    examples = examples_of(task, store, parts.held)
    simple = baselines.fitted(task, store, baselines.at_most(learned, 0), 0).predict(
        store.take(parts.held), len(parts.held)
    )
    answers = predictor.answers(store, parts.held)
    metric = task.answer.metric(next(iter(task.score(answers, examples))))
    mine, its = (task.row_scores(each, examples)[None] for each in (answers, simple.answers))
    return gain_interval(mine, its, np.random.default_rng(0), metric)


def _calibrate(made: Adapted) -> None:
    """Make its probabilities as sure as held-out rows say that it may be (Guo et al. 2017)."""
    parts, task = made.parts, made.predictor.task
    if len(parts.held) < CALIBRATE:
        return
    answers, examples = made.predictor.answers(parts.store, parts.held), examples_of(task, parts.store, parts.held)
    shares = task.answer.distribution(answers, examples)
    if shares is not None and (shares.truth >= 0).sum() >= CALIBRATE:
        known = shares.truth >= 0
        task.temper(fit_temperature(shares.probabilities[known], shares.truth[known]))
