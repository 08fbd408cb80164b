"""What `rank`, `finetune --from auto` and `auto` share: the question, the starts that are made for it, the result."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from headstart.assemble import Parts, pretraining
from headstart.commands.common.save_run import finish
from headstart.commands.common.terminal import tell
from headstart.core.places import shown
from headstart.core.recipe import Recipe, names_of, override
from headstart.core.rundir import RunDir
from headstart.inference.predictor import Predictor
from headstart.models.artifact import MANIFEST
from headstart.selection.clock import Clock
from headstart.selection.memory import Memory
from headstart.selection.question import Question
from headstart.selection.ranking import Judge, Ranking, command_of
from headstart.training.run.run import Run

STARTS, TRIALS, RESULT = "starts", "trials", "rank.json"
EVERYTHING = ("name", "place", "score", "low", "high", "chance", "regret", "minutes", "milliseconds", "megabytes",
              "licence", "overlap", "folds", "labels", "prior", "dropped")  # fmt: skip


def judged(
    question: Question, models: Sequence[str], folder: Path, clock: Clock, *, most: float | None = None,
    judge: bool = True, quiet: bool = True,
) -> Ranking:  # fmt: skip
    """The ranking of a question; starts and trials are kept in the folder, and found there by the next call.

    judge: also try a candidate that has no rival.
    """

    def said(line: str) -> None:
        tell(f"{clock.used:6.0f} s  {line}", quiet=quiet)

    return Judge(
        question=question, clock=clock, memory=Memory(folder / TRIALS), most=most, judge=judge, tell=said,
        pretrain=_starts(question, folder / STARTS, said),
    ).rank(models)  # fmt: skip


def moved(found: Ranking, place: Path, to: Path) -> Ranking:
    """The ranking of a directory that lies somewhere else, with the starts that were made in it."""
    old, new = (json.dumps(str(folder / STARTS))[1:-1] for folder in (place, to))
    return Ranking.from_json(json.loads(json.dumps(found.to_json()).replace(old, new)))


def portable(found: Ranking, recipe: Recipe, place: Path, to: Path) -> Ranking:
    """The same as files name it: see `Recipe.portable`."""
    if recipe.keep_paths:
        return moved(found, place, to)
    text = json.dumps(moved(found, place, Path(shown(str(to)))).to_json())
    for name in (*names_of(recipe.data.get("source", ())), *recipe.rank.get("models", ())):
        text = text.replace(json.dumps(name)[1:-1], json.dumps(shown(name))[1:-1])
    return Ranking.from_json(json.loads(text))


def returned(kept: Ranking, question: Question, place: Path, to: Path) -> Ranking:
    """What `portable` made for `place`, as the caller names his places, with the starts in `to`."""
    said = place if question.recipe.keep_paths else Path(shown(str(place)))
    text = json.dumps(moved(kept, said, to).to_json())
    for name in question.recipe.rank.get("models", ()):
        text = text.replace(json.dumps(shown(name)), json.dumps(name))
    found = Ranking.from_json(json.loads(text))
    return found if found.best is None else replace(found, command=command_of(question, found.best))


def as_rows(found: Ranking) -> list[dict[str, Any]]:
    """The leaderboard for --json, with a row of what more labels would bring."""
    rows = [{name: value for name, value in one.to_json().items() if name in EVERYTHING} for one in found.standings]
    if found.more is not None:
        value, low, high = found.more
        more = {"name": "more labels", "place": None, "score": value, "low": low, "high": high}
        rows.append({**more, "labels": 2 * found.labels})
    return rows


def as_text(found: Ranking) -> str:
    """The leaderboard for people."""
    lines = [f"{'':>3} {'candidate':32} {'expected':>8} {'95 % interval':>16} {'best':>5} {'regret':>7} {'min':>6} "
             f"{'ms/row':>7} {'MB':>7}  note"]  # fmt: skip
    for one in found.standings:
        place = "" if one.place is None else f"{one.place}."
        notes = [*(["by the prior"] if one.prior else []), *([f"{one.overlap} test rows seen"] if one.overlap else [])]
        notes += ["for comparison"] if one.place is None else [one.licence] if one.licence else []
        interval = f"{one.low:.3f} to {one.high:.3f}"
        figures = (
            "not tried"
            if not one.folds
            else (
                f"{one.score:8.3f} {interval:>16} {one.chance:5.0%} {one.regret:7.3f} {one.minutes:6.2f} "
                f"{one.milliseconds:7.2f} {one.megabytes:7.1f}"
            )
        )
        lines.append(f"{place:>3} {one.name[-32:]:32} {figures}  {', '.join(notes)}")
    if found.more is not None:
        value, low, high = found.more
        lines.append(f"    {f'with {2 * found.labels:,} labels':32} {value:8.3f} {f'{low:.3f} to {high:.3f}':>16}")
    lines += [f"not tried: {one.name}: {one.why}" for one in found.excluded]
    return "\n".join([*lines, "", found.sentence, *([found.command] if found.command else [])])


def _starts(question: Question, folder: Path, said: Callable[[str], None]) -> Callable[[str, Mapping[str, Any]], Path]:
    """Makes starts in a folder; one that is finished there is taken as it is."""

    def pretrain(name: str, fields: Mapping[str, Any]) -> Path:
        place = folder / name
        if (place / MANIFEST).is_file():
            return place
        if place.exists():
            shutil.rmtree(place)  # a killed call left it half written
        said(f"pretrain {name}")
        common = {"verb": "pretrain", "seed": question.recipe.seed}
        parts = pretraining(override(Recipe(data=question.recipe.data), {**common, **fields}), question.store,
                            device=question.device)  # fmt: skip
        _solve(parts, place)
        return place

    return pretrain


def _solve(parts: Parts, place: Path) -> None:
    predictor = Predictor(parts.modality, parts.trainee, device=parts.device)
    run = Run(parts.trainee, parts.batches, parts.plan, parts.tuning)
    for _ in run:
        pass
    finish(parts, predictor, run.outcome, RunDir(place, done=False, resuming=False, final=place), [])
