"""The blocks that reports of several verbs share: scores, curves, pictures, data, cost, lineage."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from headstart.assemble import Parts
from headstart.core import recipe as recipes
from headstart.core.contracts import Task
from headstart.core.recipe import Recipe
from headstart.data.store import Store
from headstart.reports import blocks, samples
from headstart.reports.blocks import Block, Chart, Gallery, Number, Section, Series, Table
from headstart.training.run.run import Outcome

FIRST = 6  # examples of the first screen


def now() -> str:
    """This moment, ISO 8601 with zone."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def curves(outcome: Outcome) -> list[Chart]:
    """One chart a quantity; the loss on held-out rows lies over the loss in training."""
    history, charts = outcome.history, list[Chart]()
    for name in dict.fromkeys(name for row in history for name in row):
        if name in ("step", "rows", "seconds", "rate") or name.startswith("valid_"):
            continue
        found = [_series(history, n, label) for n, label in ((name, "train"), (f"valid_{name}", "held out"))]
        shown = [series for series in found if len(series.x) > 1]
        if shown:
            charts.append(Chart(name, "step", name, shown))
    return charts


def _series(history: Sequence[Mapping[str, float]], name: str, label: str) -> Series:
    rows = [row for row in history if name in row]
    return Series(label, [row["step"] for row in rows], [row[name] for row in rows])


def three(store: Store, outcome: Outcome) -> Table:
    """Three rows of figures of a run that has no scores: the last of each loss, then how many rows there are."""
    last = {name: value for row in outcome.history for name, value in row.items()}
    names = {"valid_loss": "held-out loss", "loss": "train loss"}
    losses = [[words, f"{last[name]:.4g}"] for name, words in names.items() if name in last]
    counts = [[f"{name} rows", f"{count:,}"] for name, count in store.splits.items()]
    return Table(("figure", "value"), [*losses, *counts][:3])


def data(store: Store) -> list[Block]:
    manifest = store.manifest
    splits: list[tuple[str, Any]] = [(f"{name} rows", count) for name, count in store.splits.items()]
    rejected = [(f"left out: {reason}", count) for reason, count in manifest["rejected"].items()]
    facts = [("source", name_of(store)), *splits, *rejected, ("licence", manifest["licence"] or "not stated")]
    facts += [*store.modality.spec.sizes.items()]
    names = {"used": "taken", "unused": "not used"}
    facts += [(names[name], ", ".join(parts)) for name, parts in store.taken.items() if parts]
    facts += [("pictures show", note)] if (note := store.modality.view.note) else []
    return [blocks.Facts([*facts, ("data hash", store.hash[:16])])]


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
    settings = [(name, _short(value)) for name, value in recipes.flat(recipe.portable().as_dict())]
    parents = [
        blocks.Parent(name=p["name"], hash=p["hash"][:16], licence=p.get("licence", ""), data=_learned(p))
        for p in facts["lineage"]
    ]
    last = Section("Recipe and lineage", [blocks.Facts(settings), blocks.Lineage(parents)])
    return [Section("Data", data(store)), last]


def _learned(parent: Mapping[str, Any]) -> str:
    """What a parent learned: 'finetune, classify: reviews.csv, 900 rows, 03a99b0ec9da'."""
    how = ", ".join(str(parent[name]) for name in ("verb", "learned") if parent.get(name))
    return f"{how}: {parent['data']}" if how and parent.get("data") else str(parent.get("data", how))


def name_of(store: Store) -> str:
    return ", ".join(store.manifest["source"]["given"])


def train_rows(store: Store, task: type[Task] | None = None) -> Gallery:
    """Six train rows, where a report has no answers to show; with their labels as the task draws them."""
    rows = samples.spread(store.rows("train"), FIRST)
    return Gallery("Train rows", samples.samples(store, rows, task))
