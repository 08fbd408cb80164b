"""What a proof leaves behind: gain.json, its report, and last the manifest that makes it valid."""

from pathlib import Path
from typing import Any

from headstart.assemble import open_start
from headstart.commands.common.lineage import parent_of
from headstart.commands.common.terminal import peak_memory_bytes
from headstart.core.files import write_json
from headstart.core.recipe import Recipe
from headstart.data.store import Store
from headstart.evaluation.gain import Gain
from headstart.models import artifact
from headstart.reports import gain_report, write


def save_gain(path: Path, recipe: Recipe, store: Store, result: Gain) -> tuple[write.Page, list[dict[str, Any]]]:
    """Report and gain.json of a proof; returns the report and the cells as plain data."""
    start = open_start(recipe.start)
    assert start is not None
    cost = {"seconds": sum(cell.seconds for cell in result.cells), "peak_memory_bytes": peak_memory_bytes()}
    facts = {"cost": cost, "lineage": [*start.facts["lineage"], parent_of(start)], "warnings": result.warnings}
    report = gain_report.proof(result, recipe, store, facts)
    cells = []
    for budget in result.budgets:
        for arm, interval in budget.scores.items():
            mine = [c for c in result.cells if c.arm == arm and c.labels == budget.labels]
            each = [result.metric.of(c.row_scores) for c in mine]
            cells.append(
                {"labels": budget.labels or "all", "start": arm, "seeds": result.seeds, "score": interval.value,
                 "low": interval.low, "high": interval.high, "each_seed": each, "chosen": mine[0].chosen}
            )  # fmt: skip
    gains = [
        {"labels": b.labels or "all", "verdict": b.verdict.verdict, "sentence": b.verdict.sentence,
         **{f"over_{r.arm}": [r.gain.value, r.gain.low, r.gain.high] for r in b.evidence.rivals}}
        for b in result.budgets
    ]  # fmt: skip
    body = {"verdict": result.verdict.verdict, "sentence": result.verdict.sentence, "score": result.metric.name}
    write_json(path / "gain.json", {**body, "cells": cells, "gains": gains, **facts})
    written = write.write(report, path)
    artifact.seal(path)
    return written, cells
