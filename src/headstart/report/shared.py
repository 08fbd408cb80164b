"""The blocks that reports of several verbs share: scores, curves, pictures, data, cost, lineage."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from headstart.assemble import Parts, are_worded
from headstart.core import recipe as recipes
from headstart.core.recipe import Recipe
from headstart.data.store import Store
from headstart.evaluation.evaluate import Evaluation
from headstart.inference.predictor import Predictor
from headstart.report import blocks
from headstart.report.blocks import Block, Number, Section, Series
from headstart.training.loop import resting
from headstart.training.run.run import Outcome

SHOWN = 12
LONGEST = 300  # characters of a text that are shown
DRAWN = "sample"  # what objectives call pictures of no row


def now() -> str:
    """This moment, ISO 8601 with zone."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def scores(evaluation: Evaluation) -> Block:
    found = evaluation.scores
    names = [n for n in found if not n.endswith(("_low", "_high"))]
    return blocks.KeyNumbers(
        [Number(n, found[n], found.get(f"{n}_low"), found.get(f"{n}_high"), format=".3f") for n in names]
    )


def answers(evaluation: Evaluation, predictor: Predictor, store: Store) -> list[Block]:
    shown: list[Block] = []
    if evaluation.confusion is not None:
        shown.append(blocks.Matrix("Confusion", evaluation.classes, evaluation.confusion))
    if len(evaluation.reliability) > 1:
        claimed = [one.confidence for one in evaluation.reliability]
        true = [one.accuracy for one in evaluation.reliability]
        lines = [Series("this model", claimed, true), Series("perfect", [claimed[0], 1.0], [claimed[0], 1.0])]
        shown.append(blocks.Chart("Can its probabilities be believed?", "claimed", "true share", lines))
    if evaluation.per_class:
        columns = list(evaluation.per_class[0])
        formats = {name: ".3f" for name in columns if name not in ("class", "rows", "boxes", "pixels")}
        shown.append(blocks.Table(columns, [list(row.values()) for row in evaluation.per_class], "By class", formats))
    if not evaluation.worst:
        return [*shown, blocks.Paragraph(f"No answer to these {len(evaluation.rows):,} rows is wrong.")]
    rows, modality = evaluation.rows[evaluation.worst], predictor.modality
    seen = modality.view.render(modality.ready(modality.collate(store.take(rows)))["x"]) if len(rows) else []
    words: list[Sequence[str]] = [()] * len(rows)
    if len(rows) and modality.vocabulary is not None and are_worded(store, rows):
        words = [row for row, _ in modality.vocabulary.words(store.take(rows))]
    kind, items = predictor.task.answer, []
    for place, look, row in zip(evaluation.worst, seen, words, strict=True):
        answer, example = evaluation.answers[place], evaluation.examples[place]
        said, true = (shortened(kind.line(side, row)) for side in (answer, example))
        drawn = kind.draw(look, answer, example, modality)
        items.append((drawn, f"said {said}", f"is {true} · {example['origin']}"))
    title = "The most wrong answers" + (f": {kind.legend}" if kind.legend else "")
    if all(isinstance(look, str) for look in seen):
        return [
            *shown,
            blocks.Table(["text", "said", "is"], [[shortened(text), *said] for text, *said in items], title),
        ]
    return [*shown, blocks.Gallery(title, items)]


def curves(outcome: Outcome) -> list[Block]:
    """One chart a quantity; the loss on held-out rows lies over the loss in training."""
    history, charts = outcome.history, list[Block]()
    for name in dict.fromkeys(name for row in history for name in row):
        if name in ("step", "rows", "seconds", "rate") or name.startswith("valid_"):
            continue
        found = [_series(history, n, label) for n, label in ((name, "train"), (f"valid_{name}", "held out"))]
        shown = [series for series in found if len(series.x) > 1]
        if shown:
            charts.append(blocks.Chart(name, "step", name, shown))
    return charts


def _series(history: Sequence[Mapping[str, float]], name: str, label: str) -> Series:
    rows = [row for row in history if name in row]
    return Series(label, [row["step"] for row in rows], [row[name] for row in rows])


def paintings(parts: Parts, predictor: Predictor) -> list[Block]:
    """What the objective has to show: inputs, hidden inputs, reconstructions, and rows that nobody has seen."""
    if not len(parts.held) and not len(parts.chosen):
        return []
    rows = spread(parts.store, parts.held if len(parts.held) else parts.chosen, SHOWN)
    with resting(parts.trainee):
        shown = parts.trainee.objective.illustrate(parts.trainee.backbone, predictor.batch(parts.store, rows))
    pictures = [(name, parts.modality.view.render(x)) for name, x in shown.items()]
    seen, new = ([one for one in pictures if (one[0] == DRAWN) == drawn] for drawn in (False, True))
    captions = {"Held-out rows": seen, "Drawn anew": new}
    return [_rendered(caption, columns) for caption, columns in captions.items() if columns]


def _rendered(caption: str, columns: Sequence[tuple[str, Sequence[Any]]]) -> Block:
    """What a modality renders, one column a name: pictures, or lines of text."""
    if any(isinstance(one, str) for _, column in columns for one in column):
        lines = [[shortened(one) for one in row] for row in zip(*(column for _, column in columns), strict=True)]
        return blocks.Table([name for name, _ in columns], lines, caption)
    return blocks.Pictures(caption, columns)


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def embedding_map(predictor: Predictor, store: Store, rows: np.ndarray) -> list[Block]:
    """The vectors of some rows on a plane: as they are if they have two numbers, else their two main axes."""
    if len(rows) < 3:
        return []
    vectors = predictor.features(store, rows)
    if vectors.shape[1] < 2:  # there is no plane
        return []
    known = store.labels_of(rows)  # a row of many answers has no colour
    labels = ["" if label is None or isinstance(label, list | dict) else str(label) for label in known]
    if vectors.shape[1] == 2:
        return [blocks.Scatter("The two-number code", vectors[:, 0], vectors[:, 1], labels)]
    centred = vectors - vectors.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    flat = centred @ axes[:2].T  # [n, 2]
    return [blocks.Scatter("Vectors on their two main axes", flat[:, 0], flat[:, 1], labels)]


def data(store: Store) -> list[Block]:
    manifest = store.manifest
    splits: list[tuple[str, Any]] = [(f"{name} rows", count) for name, count in store.splits.items()]
    rejected = [(f"left out: {reason}", count) for reason, count in manifest["rejected"].items()]
    facts = [("source", name_of(store)), *splits, *rejected, ("licence", manifest["licence"] or "not stated")]
    facts += [*store.modality.spec.sizes.items()]
    names = {"used": "taken", "unused": "not used"}
    facts += [(names[name], ", ".join(parts)) for name, parts in store.taken.items() if parts]
    facts += [("pictures show", note)] if (note := store.modality.view.note) else []
    return [
        blocks.Facts([*facts, ("data hash", store.hash[:16])]),
        *([blocks.Warnings(store.warnings)] if store.warnings else []),
    ]


def choices(parts: Parts) -> list[Block]:
    return [blocks.Paragraph("Chosen: " + "; ".join(parts.reasons) + ".")] if parts.reasons else []


def _short(value: Any) -> Any:
    text = ", ".join(map(str, value)) if isinstance(value, list) else value
    return text if not isinstance(text, str) or len(text) <= 80 else f"{text[:77]}..."


def cost(facts: Mapping[str, Any]) -> Block:
    cost = facts["cost"]
    numbers = [Number("seconds", cost["seconds"], format=",.1f")]
    numbers.append(Number("peak memory, MB", cost["peak_memory_bytes"] / 2**20, format=",.0f"))
    for name in ("rows", "parameters") if "rows" in cost else ():
        numbers.append(Number({"rows": "rows seen"}.get(name, name), cost[name], format=",d"))
    return blocks.KeyNumbers(numbers)


def origin(store: Store, recipe: Recipe, facts: Mapping[str, Any]) -> list[Section]:
    """The last sections of a run's report: its data, recipe and lineage."""
    settings = [(name, _short(value)) for name, value in recipes.flat(recipe.as_dict())]
    parents = [
        blocks.Parent(name=p["name"], hash=p["hash"][:16], licence=p.get("licence", ""), data=p.get("data", ""))
        for p in facts["lineage"]
    ]
    last = Section("Recipe and lineage", [blocks.Facts(settings), blocks.Lineage(parents)], folded=True)
    return [Section("Data", data(store)), last]


def name_of(store: Store) -> str:
    return ", ".join(store.manifest["source"]["given"])


def spread(store: Store, rows: np.ndarray, count: int) -> np.ndarray:
    """At most `count` rows, evenly from all of them; sources often come sorted by class."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int))] if len(rows) else rows
