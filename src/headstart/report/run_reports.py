"""The reports of single runs: pretraining, fine-tuning, scoring."""

from collections.abc import Mapping, Sequence
from typing import Any

from headstart.assemble import Parts
from headstart.data.store import Store
from headstart.evaluation.evaluate import Evaluation
from headstart.inference.predictor import Predictor
from headstart.report import shared
from headstart.report.blocks import Block, Report, Section, Warnings
from headstart.training.run.run import Outcome

MAP_ROWS = 2000


def pretraining(parts: Parts, outcome: Outcome, predictor: Predictor, facts: Mapping[str, Any]) -> Report:
    """The report of a pretraining run: curves, what it paints, and a map of what it sees."""
    objective, backbone = parts.recipe.objective["kind"], parts.recipe.backbone["kind"]
    rows = shared.spread(parts.store, parts.held if len(parts.held) >= 200 else parts.chosen, MAP_ROWS)
    seen = [*shared.paintings(parts, predictor), *shared.embedding_map(predictor, parts.store, rows)]
    sections = [
        Section("Summary", [shared.cost(facts), Warnings(facts["warnings"])]),
        Section("Learning", [*shared.curves(outcome), *shared.choices(parts)]),
        Section("What it sees", seen),
        *shared.origin(parts.store, parts.recipe, facts),
    ]
    sentence = f"{backbone} pretrained with {objective} on {len(parts.chosen):,} rows of {shared.name_of(parts.store)}."
    return Report(f"{objective} on {shared.name_of(parts.store)}", sentence, "pretrain", shared.now(), sections)


def finetuning(
    parts: Parts, outcome: Outcome, predictor: Predictor, evaluation: Evaluation | None, facts: Mapping[str, Any],
    more: Sequence[Section] = (),
) -> Report:  # fmt: skip
    """The report of a fine-tuned model: scores with intervals, confusion, the most wrong rows; and `more` sections."""
    start = "from scratch" if parts.start is None else f"from {parts.start.path.name}"
    sentence = f"{parts.recipe.task['kind']} with {len(parts.chosen):,} labels, {parts.recipe.tuning['kind']} {start}"
    blocks: list[Block] = [shared.cost(facts), Warnings(facts["warnings"])]
    sections = [Section("Summary", blocks), Section("Learning", [*shared.curves(outcome), *shared.choices(parts)])]
    if evaluation is not None:
        blocks.insert(0, shared.scores(evaluation))
        value = evaluation.scores[evaluation.headline]
        sentence += f": {evaluation.headline} {value:.3f} on {len(evaluation.rows):,} {evaluation.split} rows"
        sections.insert(1, Section("Answers", shared.answers(evaluation, predictor, parts.store)))
        rows = shared.spread(parts.store, evaluation.rows, MAP_ROWS)
        sections.append(Section("What it sees", shared.embedding_map(predictor, parts.store, rows)))
    sections += [*more, *shared.origin(parts.store, parts.recipe, facts)]
    title = f"{parts.recipe.task['kind']} on {shared.name_of(parts.store)}"
    return Report(title, f"{sentence}.", "finetune", shared.now(), sections)


def evaluating(evaluation: Evaluation, predictor: Predictor, store: Store) -> Report:
    """The report of a model scored on a split."""
    value = evaluation.scores[evaluation.headline]
    sentence = f"{evaluation.headline} {value:.3f} on {len(evaluation.rows):,} {evaluation.split} rows."
    rows = shared.spread(store, evaluation.rows, MAP_ROWS)
    sections = [
        Section("Summary", [shared.scores(evaluation), Warnings(evaluation.warnings)]),
        Section("Answers", shared.answers(evaluation, predictor, store)),
        Section("What it sees", shared.embedding_map(predictor, store, rows)),
        Section("Data", shared.data(store)),
    ]
    return Report(f"Scores on {shared.name_of(store)}", sentence, "evaluate", shared.now(), sections)
