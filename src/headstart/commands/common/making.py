"""The steps of `auto` in its directory: rank, adapt, calibrate, score, prove, report."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from headstart.commands.common import verbs
from headstart.commands.common.adapting import Adapted, adapt
from headstart.commands.common.ranking import RESULT, STARTS, judged, portable, returned
from headstart.commands.common.save_run import finish
from headstart.commands.common.simple import below_simple
from headstart.commands.common.terminal import tell
from headstart.core.errors import DataError
from headstart.core.files import write_json
from headstart.core.rundir import RunDir, read_facts
from headstart.evaluation.evaluate import Evaluation, evaluate
from headstart.inference.predictor import Predictor
from headstart.inference.round_trip import ASKED, same_answers
from headstart.reports import rank_report
from headstart.reports.blocks import Section, Verdict
from headstart.reports.gain_report import TONES
from headstart.selection.clock import Clock
from headstart.selection.question import Question
from headstart.selection.ranking import Ranking

RANK_SHARE = 0.5  # of the time that goes into choosing
PROOF, PROOF_SEEDS = "gain", 3
TUNE_SHARE = 0.35  # of the time that the fine-tune of the winner may take


def make(question: Question, place: RunDir, clock: Clock, *, quiet: bool) -> None:
    """Everything up to the sealed model directory; what an earlier call has finished is not done again."""
    path = place.path
    ranking = _ranked(question, place, clock, quiet=quiet)
    made = adapt(question, ranking, path, clock, quiet=quiet)
    warnings, evaluation = [*place.warnings, *made.warnings], None
    try:
        parts = made.parts
        evaluation = evaluate(
            made.predictor, parts.store, learned=parts.chosen, seed=parts.recipe.seed, known=parts.memory
        )
    except DataError as none:  # no labelled test rows: a model without scores is still a model
        warnings.append(f"not scored: {none.what}")
    warnings += _words(made, evaluation, ranking)
    proof = [] if evaluation is None else _proof(question, made, ranking, path, clock, quiet=quiet)
    _forget_starts(path, made)
    finish(
        made.parts, made.predictor, made.outcome, place, warnings, evaluation, recipe=question.recipe,
        more=[*rank_report.sections_of(portable(ranking, question.recipe, path, place.final)), *proof],
    )  # fmt: skip
    returned = Predictor.load(path, device=made.parts.device)
    same_answers(made.predictor, returned, made.parts.store, made.parts.chosen[:ASKED])


def _ranked(question: Question, place: RunDir, clock: Clock, *, quiet: bool) -> Ranking:
    path = place.path
    if (path / RESULT).is_file():
        return returned(Ranking.from_json(read_facts(path / RESULT)), question, place.final, path)
    models, most = question.recipe.rank.get("models", ()), TUNE_SHARE * clock.seconds
    ranking = judged(question, models, path, clock.part(RANK_SHARE), most=most, judge=False, quiet=quiet)
    write_json(path / RESULT, portable(ranking, question.recipe, path, place.final).to_json())
    return ranking


def _words(made: Adapted, evaluation: Evaluation | None, ranking: Ranking) -> list[str]:
    """Where it is below the simple model on test rows."""
    if evaluation is None:
        return []
    simple, advice = ranking.simple, "on held-out train rows it was not: give more --minutes to be surer"
    if not ranking.tried:
        advice = "nothing was tried on held-out train rows: give more --minutes, or take the simple model"
    below = made.gain is not None and made.gain.value < 0
    if below or (simple is not None and simple.regret < made.standing.regret):
        advice = "on held-out train rows too, and nothing that can be taken was better: give more --minutes"
    return below_simple(evaluation, advice)


def _proof(
    question: Question, made: Adapted, ranking: Ranking, path: Path, clock: Clock, *, quiet: bool
) -> list[Section]:
    """Was the pretraining worth it? Asked only where `gain` fits into the minutes that are left."""
    scratch = max((one.minutes for one in ranking.standings if one.stepped), default=0.0)
    cells = PROOF_SEEDS * (3 * made.outcome.seconds + 2 * 60 * scratch)
    if made.parts.start is None or 2 * cells + 10 > clock.left or "steps" in question.recipe.plan:
        return []
    tell(f"{clock.used:6.0f} s  gain", quiet=quiet)
    proof = _gain(
        question.data, start=made.parts.recipe.start, labels=[question.recipe.labels or 0], seeds=PROOF_SEEDS,
        tuning=made.parts.recipe.tuning["kind"], out=path / PROOF, device=question.device, overwrite=True,
        task=question.recipe.task["kind"], input=question.recipe.data.get("input"),
        target=question.recipe.data.get("target"), id=question.recipe.data.get("id"),
        modality=question.recipe.data.get("modality"), follow=question.recipe.data.get("follow", False),
        keep_paths=bool(question.recipe.keep_paths),
    )  # fmt: skip
    return [Section("Was the pretraining worth it?", [Verdict(proof.verdict, proof.sentence, TONES[proof.verdict])])]


def _gain(data: Any, **words: Any) -> Any:
    """The verb, which lies above what verbs share."""
    return verbs.load("gain").function(data, **words)


def _forget_starts(path: Path, made: Adapted) -> None:
    """Starts that did not win take room for nothing."""
    for place in sorted((path / STARTS).iterdir()) if (path / STARTS).is_dir() else []:
        if str(place) != made.standing.fields.get("start"):
            shutil.rmtree(place)
