"""What a finished run leaves behind: weights, lineage, report, card, and last the manifest that makes it valid."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from headstart.assemble import Parts, words_of
from headstart.commands.common.lineage import facts_of
from headstart.core import recipe as recipes
from headstart.core.files import STATE, make_folder, write_whole
from headstart.core.places import shown
from headstart.core.recipe import Recipe
from headstart.core.rundir import RunDir
from headstart.evaluation import kept_answers
from headstart.evaluation.evaluate import Evaluation
from headstart.inference.predictor import Predictor
from headstart.models import artifact
from headstart.reports import blocks, run_reports, write
from headstart.reports.model_card import CardFacts, model_card
from headstart.training.run.preflight import Preflight
from headstart.training.run.run import Outcome


def finish(
    parts: Parts,
    predictor: Predictor,
    outcome: Outcome,
    place: RunDir,
    warnings: Sequence[str],
    evaluation: Evaluation | None = None,
    checked: Preflight | None = None,
    *,
    recipe: Recipe | None = None,
    more: Sequence[blocks.Section] = (),
) -> None:
    """Save the model with everything that says where it comes from, and its report.

    `recipe` is what repeats the whole run, where that is more than the fine-tune; `more` sections come into the report.
    """
    path = place.path
    parts.check()  # what it learned from is what its lineage names
    warned = [*parts.store.warnings, *parts.warnings, *(checked.warnings if checked else ()), *outcome.warnings]
    warned += [*warnings, *(evaluation.warnings if evaluation else ())]
    facts = facts_of(parts, outcome, evaluation, warned)
    if checked is not None:
        facts |= {"reasons": [*facts["reasons"], checked.sentence()], "trained": checked.facts()}
    if parts.tuning is not None:
        facts |= {"reasons": [*facts["reasons"], *predictor.task.settled]}
    backbone, head = parts.trainee.backbone, parts.trainee.objective
    artifact.save(
        path, config=parts.config(), backbone=backbone, head=head, modality=parts.modality, facts=facts,
        memory=parts.memory,
    )  # fmt: skip
    base = str(parts.start.facts.get("name", shown(str(parts.start.path)))) if parts.start is not None else ""
    files = parts.tuning.files(backbone, base.removeprefix("hf:")) if parts.tuning is not None else {}
    for name, content in files.items():
        make_folder((path / name).parent)
        write_whole(path / name, content)
    if parts.tuning is None:
        report = run_reports.pretraining(parts, outcome, predictor, evaluation, facts)
    else:
        report = run_reports.finetuning(parts, outcome, predictor, evaluation, facts, more)
    write.write(report, path)
    if evaluation is not None and evaluation.answers:
        words = words_of(parts.store, evaluation.rows[: kept_answers.MOST], parts.modality)
        kept_answers.keep(path / kept_answers.FILE, evaluation, predictor.task, parts.store, words)
    write_whole(path / "README.md", model_card(report, _card(parts, predictor, place.final, evaluation)).encode())
    recipes.write(recipe or parts.recipe, path / "recipe.toml", comment=f"headstart rerun {path.name}")
    artifact.seal(path)
    shutil.rmtree(path / STATE, ignore_errors=True)  # only now: a run cut off before the seal goes on from there


def _card(parts: Parts, predictor: Predictor, path: Path, evaluation: Evaluation | None) -> CardFacts:
    store, recipe = parts.store, parts.recipe
    scores, more = [], dict[str, Any]()
    if parts.tuning is not None:
        answer = predictor.task.answer
        hub_names = {metric.name: metric.hub for metric in answer.metrics.values() if metric.hub}
        pipeline = answer.pipeline(store.manifest["modality"])
        more = {"hub_names": hub_names, "pipeline": pipeline, "classes": answer.names}
    if evaluation:
        values = evaluation.scores
        names = [name for name in values if not name.endswith(("_low", "_high", "_floor"))]
        scores = [blocks.Number(n, values[n], values.get(f"{n}_low"), values.get(f"{n}_high")) for n in names]
    return CardFacts(
        name=path.name, directory=shown(str(path)), modality=store.manifest["modality"],
        backbone=recipe.backbone["kind"],
        data=f"{len(parts.chosen):,} rows of {', '.join(store.manifest['source']['given'])}.",
        objective=recipe.objective.get("kind", ""), task=recipe.task.get("kind", ""), licence=store.manifest["licence"],
        split=evaluation.split if evaluation else "test", scores=scores, **more,
    )  # fmt: skip
