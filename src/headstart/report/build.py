"""What goes into the report of each verb: results in, sections of blocks out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from headstart.assemble import Parts
from headstart.core import recipe as recipes
from headstart.core.recipe import Recipe
from headstart.data.store import Store
from headstart.evaluation import simple
from headstart.evaluation.efficiency import label_efficiency
from headstart.evaluation.evaluate import Evaluation
from headstart.evaluation.gain import Gain
from headstart.inference.predictor import Predictor
from headstart.report.blocks import (
    Block,
    Chart,
    Facts,
    Gallery,
    KeyNumbers,
    Lineage,
    Matrix,
    Number,
    Paragraph,
    Parent,
    Pictures,
    Report,
    Scatter,
    Section,
    Series,
    Table,
    Verdict,
    Warnings,
)
from headstart.training.run import Outcome

MAP_ROWS = 2000
SHOWN = 12
NAMES = {
    "pretrained": "head start",
    "scratch": "scratch",
    "baseline": "linear on raw input",
    "constant": "constant answer",
}


def now() -> str:
    """This moment, ISO 8601 with zone."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def pretraining(parts: Parts, outcome: Outcome, predictor: Predictor, facts: Mapping[str, Any]) -> Report:
    """The report of a pretraining run: curves, what it paints, and a map of what it sees."""
    objective, backbone = parts.recipe.objective["kind"], parts.recipe.backbone["kind"]
    rows = _spread(parts.store, parts.held if len(parts.held) >= 200 else parts.chosen, MAP_ROWS)
    sections = [
        Section("Summary", [_cost(facts), Warnings(facts["warnings"])]),
        Section("Learning", [*_curves(outcome), *_choices(parts)]),
        Section("What it sees", [*_paintings(parts), *_map(predictor, parts.store, rows)]),
        Section("Data", _data(parts.store)),
        Section("Recipe and lineage", [*_recipe(parts.recipe), _lineage(facts)]),
    ]
    sentence = f"{backbone} pretrained with {objective} on {len(parts.chosen):,} rows of {_name(parts.store)}."
    return Report(f"{objective} on {_name(parts.store)}", sentence, "pretrain", now(), sections)


def finetuning(
    parts: Parts, outcome: Outcome, predictor: Predictor, evaluation: Evaluation | None, facts: Mapping[str, Any]
) -> Report:
    """The report of a fine-tuned model: scores with intervals, confusion, the most wrong rows."""
    start = "from scratch" if parts.start is None else f"from {parts.start.path.name}"
    sentence = f"{parts.recipe.task['kind']} with {len(parts.chosen):,} labels, {parts.recipe.tuning['kind']} {start}"
    blocks: list[Block] = [_cost(facts), Warnings(facts["warnings"])]
    sections = [Section("Summary", blocks), Section("Learning", [*_curves(outcome), *_choices(parts)])]
    if evaluation is not None:
        blocks.insert(0, _scores(evaluation))
        value = evaluation.scores[evaluation.headline]
        sentence += f": {evaluation.headline} {value:.3f} on {len(evaluation.rows):,} {evaluation.split} rows"
        sections.insert(1, Section("Answers", _answers(evaluation, predictor, parts.store)))
        rows = _spread(parts.store, evaluation.rows, MAP_ROWS)
        sections.append(Section("What it sees", _map(predictor, parts.store, rows)))
    sections += [
        Section("Data", _data(parts.store)),
        Section("Recipe and lineage", [*_recipe(parts.recipe), _lineage(facts)]),
    ]
    title = f"{parts.recipe.task['kind']} on {_name(parts.store)}"
    return Report(title, f"{sentence}.", "finetune", now(), sections)


def evaluation_report(evaluation: Evaluation, predictor: Predictor, store: Store) -> Report:
    """The report of a model scored on a split."""
    value = evaluation.scores[evaluation.headline]
    sentence = f"{evaluation.headline} {value:.3f} on {len(evaluation.rows):,} {evaluation.split} rows."
    sections = [
        Section("Summary", [_scores(evaluation), Warnings(evaluation.warnings)]),
        Section("Answers", _answers(evaluation, predictor, store)),
        Section("What it sees", _map(predictor, store, _spread(store, evaluation.rows, MAP_ROWS))),
        Section("Data", _data(store)),
    ]
    return Report(f"Scores on {_name(store)}", sentence, "evaluate", now(), sections)


def gain_report(gain: Gain, recipe: Recipe, store: Store, facts: Mapping[str, Any]) -> Report:
    """The proof: verdict, label-efficiency curve, every number with its interval."""
    budgets = gain.budgets
    verdict = Verdict(gain.verdict.verdict, gain.verdict.sentence)
    table = Table(
        ["labels", *NAMES.values(), "gain over scratch", "gain over linear", "verdict"],
        [
            [
                "all" if b.labels is None else b.labels,
                *(str(b.scores[arm]) for arm in NAMES),
                str(b.evidence.over_scratch),
                str(b.evidence.over_baseline),
                b.verdict.verdict,
            ]
            for b in budgets
        ],
        caption=f"{gain.scale.name} on {gain.test_rows:,} {gain.split} rows, {gain.seeds} seeds, 95 % intervals. "
        f"Scratch is the same network with fresh weights; linear is {simple.NAME}. All of a row learned "
        "from the same labels.",
    )
    sections = [
        Section("Verdict", [verdict, *_efficiency(gain, _train_rows(store)), Warnings(gain.warnings)]),
        Section("Evidence", [table, *_seeds(gain)]),
        Section("Cost", [_cost(facts)]),
        Section("Data", _data(store)),
        Section("Recipe and lineage", [*_recipe(recipe), _lineage(facts)]),
    ]
    return Report(f"Was the head start worth it on {_name(store)}?", gain.verdict.sentence, "gain", now(), sections)


def _efficiency(gain: Gain, train_rows: int) -> list[Block]:
    """The label-efficiency curve, and what the head start is worth in labels."""
    if len(gain.budgets) < 2:
        return []
    x = [float(train_rows if b.labels is None else b.labels) for b in gain.budgets]
    series = [
        Series(
            NAMES[arm], x, [b.scores[arm].value for b in gain.budgets],
            [b.scores[arm].low for b in gain.budgets], [b.scores[arm].high for b in gain.budgets],
        )
        for arm in NAMES
    ]  # fmt: skip
    chart = Chart("Score against labels", "labels", gain.scale.name, series, log_x=True)
    budgets = [int(count) for count in x]
    means = {arm: np.array([b.scores[arm].value for b in gain.budgets]) for arm in NAMES}
    sentences = [e.sentence for e in label_efficiency(budgets, means["pretrained"], means["scratch"], gain.scale)]
    return [chart, Paragraph("; ".join(sentences) + ".")]


def _seeds(gain: Gain) -> list[Block]:
    rows = []
    for cell in gain.cells:
        score = float(gain.scale.from_rows(cell.row_scores.mean()))
        labels = "all" if cell.labels is None else cell.labels
        rows.append([NAMES[cell.arm], labels, cell.seed, score, cell.seconds, str(cell.chosen.get("tuning", ""))])
    columns = ["start", "labels", "seed", gain.scale.name, "seconds", "tuning"]
    return [Table(columns, rows, caption="Every trained model", formats={gain.scale.name: ".3f", "seconds": ".1f"})]


def _scores(evaluation: Evaluation) -> Block:
    found = evaluation.scores
    names = [n for n in found if not n.endswith(("_low", "_high"))]
    return KeyNumbers([Number(n, found[n], found.get(f"{n}_low"), found.get(f"{n}_high"), format=".3f") for n in names])


def _answers(evaluation: Evaluation, predictor: Predictor, store: Store) -> list[Block]:
    blocks: list[Block] = []
    if evaluation.confusion is not None:
        blocks.append(Matrix("Confusion", evaluation.classes, evaluation.confusion))
    if evaluation.per_class:
        columns = list(evaluation.per_class[0])
        formats = {"precision": ".3f", "recall": ".3f", "f1": ".3f"}
        blocks.append(Table(columns, [list(row.values()) for row in evaluation.per_class], "By class", formats))
    rows = evaluation.rows[evaluation.worst]
    images = _look(predictor, store, rows)
    items = []
    for place, image in zip(evaluation.worst, images, strict=True):
        answer, example = evaluation.answers[place], evaluation.examples[place]
        told = answer.get("label", answer.get("value", answer.get("labels")))
        sure = f" ({answer['probability']:.0%})" if "probability" in answer else ""
        items.append((image, f"said {told}{sure}", f"is {example['label']} · {example['origin']}"))
    return [*blocks, Gallery("The most wrong answers", items)]


def _look(predictor: Predictor, store: Store, rows: np.ndarray) -> list[Any]:
    modality = predictor.modality
    return modality.show(modality.ready(modality.collate(store.take(rows)))["x"]) if len(rows) else []


def _curves(outcome: Outcome) -> list[Block]:
    """One chart a quantity; the loss on held-out rows lies over the loss in training."""
    history = outcome.history
    names = dict.fromkeys(name for row in history for name in row)
    blocks: list[Block] = []
    for name in names:
        if name in ("step", "rows", "seconds", "rate") or name.startswith("valid_"):
            continue
        found = [_series(history, n, label) for n, label in ((name, "train"), (f"valid_{name}", "held out"))]
        shown = [series for series in found if len(series.x) > 1]
        if shown:
            blocks.append(Chart(name, "step", name, shown))
    return blocks


def _series(history: Sequence[Mapping[str, float]], name: str, label: str) -> Series:
    rows = [row for row in history if name in row]
    return Series(label, [row["step"] for row in rows], [row[name] for row in rows])


def _paintings(parts: Parts) -> list[Block]:
    """What the objective has to show: inputs, hidden inputs, reconstructions."""
    if not len(parts.held) and not len(parts.chosen):
        return []
    from headstart.training.loop import resting

    rows = _spread(parts.store, parts.held if len(parts.held) else parts.chosen, SHOWN)
    predictor = Predictor(parts.modality, parts.trainee, device=parts.device)
    with resting(parts.trainee):
        batch = predictor.batch(parts.store, rows)
        shown = parts.trainee.objective.illustrate(parts.trainee.backbone, batch)
    pictures = [(name, parts.modality.show(x)) for name, x in shown.items()]
    return [Pictures("Held-out rows", pictures)] if pictures else []


def _map(predictor: Predictor, store: Store, rows: np.ndarray) -> list[Block]:
    """The vectors of some rows on a plane: as they are if they have two numbers, else their two main axes."""
    if len(rows) < 3:
        return []
    vectors = predictor.features(store, rows)
    labels = ["" if label is None else str(label) for label in store.labels_of(rows)]
    if vectors.shape[1] == 2:
        return [Scatter("The two-number code", vectors[:, 0], vectors[:, 1], labels)]
    centred = vectors - vectors.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    flat = centred @ axes[:2].T  # [n, 2]
    return [Scatter("Vectors on their two main axes", flat[:, 0], flat[:, 1], labels)]


def _data(store: Store) -> list[Block]:
    manifest = store.manifest
    splits: list[tuple[str, Any]] = [(f"{name} rows", count) for name, count in store.splits.items()]
    rejected = [(f"left out: {reason}", count) for reason, count in manifest["rejected"].items()]
    facts = [("source", _name(store)), *splits, *rejected, ("licence", manifest["licence"] or "not stated")]
    facts += [(name, value) for name, value in store.modality.facts().items()]
    return [Facts([*facts, ("data hash", store.hash[:16])]), *([Warnings(store.warnings)] if store.warnings else [])]


def _choices(parts: Parts) -> list[Block]:
    return [Paragraph("Chosen: " + "; ".join(parts.reasons) + ".")] if parts.reasons else []


def _recipe(recipe: Recipe) -> list[Block]:
    flat = [(name, _short(value)) for name, value in recipes.flat(recipe)]
    return [Facts(flat)]


def _short(value: Any) -> Any:
    text = ", ".join(map(str, value)) if isinstance(value, list) else value
    return text if not isinstance(text, str) or len(text) <= 80 else f"{text[:77]}..."


def _cost(facts: Mapping[str, Any]) -> Block:
    cost = facts["cost"]
    numbers = [
        Number("seconds", cost["seconds"], format=",.1f"),
        Number("peak memory, MB", cost["peak_memory_bytes"] / 2**20, format=",.0f"),
    ]
    if "rows" in cost:
        numbers += [
            Number("rows seen", cost["rows"], format=",d"),
            Number("parameters", cost["parameters"], format=",d"),
        ]
    return KeyNumbers(numbers)


def _lineage(facts: Mapping[str, Any]) -> Block:
    parents = [
        Parent(name=p["name"], hash=p["hash"][:16], licence=p.get("licence", ""), data=p.get("data", ""))
        for p in facts["lineage"]
    ]
    return Lineage(parents)


def _name(store: Store) -> str:
    return ", ".join(store.manifest["source"]["given"])


def _train_rows(store: Store) -> int:
    return store.splits.get("train", 0)


def _spread(store: Store, rows: np.ndarray, count: int) -> np.ndarray:
    """At most `count` rows, evenly from all of them; sources often come sorted by class."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int))] if len(rows) else rows
