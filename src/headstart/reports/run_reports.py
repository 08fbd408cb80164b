"""The reports of single runs: pretraining, fine-tuning, scoring."""

from collections.abc import Mapping, Sequence
from typing import Any

from headstart.assemble import Parts
from headstart.data.store import Store
from headstart.evaluation.evaluate import Evaluation
from headstart.inference.predictor import Predictor
from headstart.reports import answers, by_column, groups, over_time, samples, shared, what_it_sees
from headstart.reports.blocks import Front, Report, Section, Verdict
from headstart.training.run.run import Outcome

MAP_ROWS = 2000
_NEXT = "Whether it helps a task is measured by headstart gain."


def pretraining(
    parts: Parts, outcome: Outcome, predictor: Predictor, evaluation: Evaluation | None, facts: Mapping[str, Any]
) -> Report:
    """The report of a pretraining run: curves, what it paints, and a map of what it sees."""
    objective, backbone = parts.recipe.objective["kind"], parts.recipe.backbone["kind"]
    name = shared.name_of(parts.store)
    rows = samples.spread(parts.held if len(parts.held) >= 200 else parts.chosen, MAP_ROWS)
    curves, (maps, near) = shared.curves(outcome), what_it_sees.similar(predictor, parts.store, rows)
    table = shared.three(parts.store, outcome) if evaluation is None else answers.three(evaluation)
    painted = [*what_it_sees.paintings(parts, predictor), *what_it_sees.patterns(parts)]
    front = Front(
        Verdict("pretrained", f"{len(parts.chosen):,} rows, {_spent(facts)}. {_NEXT}"),
        next(iter([*curves, *maps]), None), table,
        next(iter(painted), None) or shared.train_rows(parts.store), facts["warnings"],
    )  # fmt: skip
    sections = [
        Section("Learning", [*curves, *shared.choices(parts)]),
        Section("What it sees", [*painted, *maps, *near]),
        Section("Cost", [shared.cost(facts)]),
        *shared.origin(parts.store, parts.recipe, facts),
    ]
    sentence = f"{backbone} pretrained with {objective} on {len(parts.chosen):,} rows of {name}."
    return Report(f"{objective} on {name}", sentence, "pretrain", shared.now(), front, sections)


def finetuning(
    parts: Parts, outcome: Outcome, predictor: Predictor, evaluation: Evaluation | None, facts: Mapping[str, Any],
    more: Sequence[Section] = (),
) -> Report:  # fmt: skip
    """The report of a fine-tuned model: scores with intervals, confusion, the most wrong rows; and `more` sections."""
    name, kind = shared.name_of(parts.store), parts.recipe.task["kind"]
    start = "from scratch" if parts.start is None else f"from {parts.start.path.name}"
    rows = "labels" if predictor.task.needs_labels else "rows"
    sentence = f"{kind} with {len(parts.chosen):,} {rows}, {parts.recipe.tuning['kind']} {start}"
    curves, sections = shared.curves(outcome), list[Section]()
    if evaluation is None:
        told = Verdict("not scored", f"No labelled test rows; {_spent(facts)}.", "unsure")
        table = shared.three(parts.store, outcome)
        front = Front(told, next(iter(curves), None), table, shared.train_rows(parts.store), facts["warnings"])
    else:
        front = answers.front(evaluation, predictor, parts.store, facts["warnings"])
        details = answers.details(evaluation, predictor, parts.store)
        sections.append(Section("Answers", [answers.scores(evaluation), *details]))
        sections += over_time.sections(evaluation)
        sections += by_column.sections(evaluation, predictor, parts.store, learned=parts.chosen, seed=parts.recipe.seed)
        asked = samples.spread(evaluation.rows, MAP_ROWS)
        maps, near = what_it_sees.similar(predictor, parts.store, asked)
        sections.append(Section("What it sees", [*maps, *near]))
    found = groups.found(predictor, parts.store, parts.chosen)
    if found is not None:
        front, sections = found.front(front, predictor.task.settled), [*found.sections, *sections]
    sections += [
        Section("Learning", [*curves, *shared.choices(parts)]), *more, Section("Cost", [shared.cost(facts)]),
        *shared.origin(parts.store, parts.recipe, facts),
    ]  # fmt: skip
    return Report(f"{kind} on {name}", f"{sentence}.", "finetune", shared.now(), front, sections)


def evaluating(evaluation: Evaluation, predictor: Predictor, store: Store) -> Report:
    """The report of a model scored on a split."""
    name, sentence = shared.name_of(store), f"Scored on {len(evaluation.rows):,} {evaluation.split} rows."
    rows = samples.spread(evaluation.rows, MAP_ROWS)
    details, (maps, near) = answers.details(evaluation, predictor, store), what_it_sees.similar(predictor, store, rows)
    sections = [
        Section("Answers", [answers.scores(evaluation), *details]),
        *over_time.sections(evaluation),
        *by_column.sections(evaluation, predictor, store),
        Section("What it sees", [*maps, *near]),
        Section("Data", shared.data(store)),
    ]
    front = answers.front(evaluation, predictor, store, evaluation.warnings)
    return Report(f"Scores on {name}", sentence, "evaluate", shared.now(), front, sections)


def _spent(facts: Mapping[str, Any]) -> str:
    cost = facts["cost"]
    return f"{cost['seconds']:,.1f} seconds, {cost['parameters']:,} parameters"
