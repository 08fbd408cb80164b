"""What several verbs print: a few lines for people, everything for --json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headstart.evaluation.cost import Cost


def of_model(path: Path) -> dict[str, Any]:
    """A model that a run has made."""
    from headstart.commands.common.simple import simple_scores
    from headstart.models import artifact

    facts = artifact.Artifact.open(path).facts
    scores, cost = facts["scores"], facts["cost"]
    lines = [*facts["reasons"]]
    lines += [f"warning: {warning}" for warning in facts["warnings"]]
    lines += [f"{line} on {facts['split']}" for line in score_lines(scores)]
    lines.append(f"{cost['seconds']:.1f} s, {cost['steps']} steps, {cost['parameters']:,} parameters")
    lines.append(f"model and report: {path}/report.html")
    named = {name: facts[name] for name in ("warnings", "reasons", "trained") if name in facts}
    named |= {name: facts["data"][name] for name in ("used", "unused") if name in facts["data"]}
    measured = {name: cost[name] for name in ("seconds", "peak_memory_bytes")}
    simple = {"simple": simple_scores(scores)} if facts["verb"] != "pretrain" else {}
    return {"scores": scores, **measured, **named, **simple, "text": "\n".join(lines)}


def of_cost(cost: Cost) -> dict[str, Any]:
    """What --plan prints: the resolved recipe and what the run would take. Nothing is written."""
    from headstart.core import recipe as recipes

    estimate = "solved in one pass; its time cannot be estimated"
    if cost.seconds is not None and cost.rows_per_second is not None:
        estimate = f"about {cost.steps:,} steps, {cost.seconds:,.0f} s, {cost.rows_per_second:,.0f} rows/s"
    return {
        "out": None, "recipe": cost.recipe.as_dict(), "parameters": cost.parameters, "steps": cost.steps,
        "seconds": cost.seconds, "rows_per_second": cost.rows_per_second,
        "text": f"{recipes.to_toml(cost.recipe)}\n{cost.parameters:,} parameters\n{estimate}",
    }  # fmt: skip


def score_lines(scores: Mapping[str, float]) -> list[str]:
    """ "accuracy 0.9120 [0.9010, 0.9230]", a line a score."""
    lines = []
    for name, value in scores.items():
        if name.endswith(("_low", "_high")):
            continue
        bounded = f"{name}_low" in scores
        interval = f" [{scores[f'{name}_low']:.4f}, {scores[f'{name}_high']:.4f}]" if bounded else ""
        lines.append(f"{name} {value:.4f}{interval}")
    return lines
