"""The reports of single runs: pretraining, fine-tuning, scoring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headstart.assemble import Parts
from headstart.data.store import Store
from headstart.evaluation.evaluate import Evaluation
from headstart.inference.predictor import Predictor
from headstart.report import pieces
from headstart.report.blocks import Block, Report, Section, Warnings
from headstart.training.run import Outcome

MAP_ROWS = 2000


def pretraining(parts: Parts, outcome: Outcome, predictor: Predictor, facts: Mapping[str, Any]) -> Report:
    """The report of a pretraining run: curves, what it paints, and a map of what it sees."""
    objective, backbone = parts.recipe.objective["kind"], parts.recipe.backbone["kind"]
    rows = pieces.spread(parts.store, parts.held if len(parts.held) >= 200 else parts.chosen, MAP_ROWS)
    sections = [
        Section("Summary", [pieces.cost(facts), Warnings(facts["warnings"])]),
        Section("Learning", [*pieces.curves(outcome), *pieces.choices(parts)]),
        Section("What it sees", [*pieces.paintings(parts), *pieces.embedding_map(predictor, parts.store, rows)]),
        Section("Data", pieces.data(parts.store)),
        Section("Recipe and lineage", [*pieces.recipe_facts(parts.recipe), pieces.lineage(facts)]),
    ]
    sentence = f"{backbone} pretrained with {objective} on {len(parts.chosen):,} rows of {pieces.name_of(parts.store)}."
    return Report(f"{objective} on {pieces.name_of(parts.store)}", sentence, "pretrain", pieces.now(), sections)


def finetuning(
    parts: Parts, outcome: Outcome, predictor: Predictor, evaluation: Evaluation | None, facts: Mapping[str, Any]
) -> Report:
    """The report of a fine-tuned model: scores with intervals, confusion, the most wrong rows."""
    start = "from scratch" if parts.start is None else f"from {parts.start.path.name}"
    sentence = f"{parts.recipe.task['kind']} with {len(parts.chosen):,} labels, {parts.recipe.tuning['kind']} {start}"
    blocks: list[Block] = [pieces.cost(facts), Warnings(facts["warnings"])]
    sections = [Section("Summary", blocks), Section("Learning", [*pieces.curves(outcome), *pieces.choices(parts)])]
    if evaluation is not None:
        blocks.insert(0, pieces.scores(evaluation))
        value = evaluation.scores[evaluation.headline]
        sentence += f": {evaluation.headline} {value:.3f} on {len(evaluation.rows):,} {evaluation.split} rows"
        sections.insert(1, Section("Answers", pieces.answers(evaluation, predictor, parts.store)))
        rows = pieces.spread(parts.store, evaluation.rows, MAP_ROWS)
        sections.append(Section("What it sees", pieces.embedding_map(predictor, parts.store, rows)))
    sections += [
        Section("Data", pieces.data(parts.store)),
        Section("Recipe and lineage", [*pieces.recipe_facts(parts.recipe), pieces.lineage(facts)]),
    ]
    title = f"{parts.recipe.task['kind']} on {pieces.name_of(parts.store)}"
    return Report(title, f"{sentence}.", "finetune", pieces.now(), sections)


def evaluating(evaluation: Evaluation, predictor: Predictor, store: Store) -> Report:
    """The report of a model scored on a split."""
    value = evaluation.scores[evaluation.headline]
    sentence = f"{evaluation.headline} {value:.3f} on {len(evaluation.rows):,} {evaluation.split} rows."
    rows = pieces.spread(store, evaluation.rows, MAP_ROWS)
    sections = [
        Section("Summary", [pieces.scores(evaluation), Warnings(evaluation.warnings)]),
        Section("Answers", pieces.answers(evaluation, predictor, store)),
        Section("What it sees", pieces.embedding_map(predictor, store, rows)),
        Section("Data", pieces.data(store)),
    ]
    return Report(f"Scores on {pieces.name_of(store)}", sentence, "evaluate", pieces.now(), sections)
