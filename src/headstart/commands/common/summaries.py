"""What several verbs print: a few lines for people, everything for --json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.core.inert import one_line

if TYPE_CHECKING:
    from headstart.commands.common.verbs import Call
    from headstart.evaluation.cost import Cost


def of_model(path: Path) -> dict[str, Any]:
    """A model that a run has made."""
    from headstart.commands.common.next_command import after_model
    from headstart.commands.common.simple import simple_scores
    from headstart.models import artifact

    facts = artifact.Artifact.open(path).facts
    scores, cost = facts["scores"], facts["cost"]
    lines = [*facts["reasons"]]
    lines += [f"warning: {one_line(warning)}" for warning in facts["warnings"]]
    lines += [f"{line} on {facts['split']}" for line in score_lines(scores)]
    lines += [one_line(said) for said in facts["walk"]["said"]] if "walk" in facts else []
    lines.append(f"{cost['seconds']:.1f} s, {cost['steps']} steps, {cost['parameters']:,} parameters")
    lines.append(f"model and report: {path}/report.html")
    named = {name: facts[name] for name in ("warnings", "reasons", "trained", "walk") if name in facts}
    named |= {name: facts["data"][name] for name in ("used", "unused") if name in facts["data"]}
    measured = {name: cost[name] for name in ("seconds", "peak_memory_bytes")}
    simple = {"simple": simple_scores(scores)} if facts["verb"] != "pretrain" else {}
    labelled = any(" as label" in used for used in facts["data"].get("used", ()))
    following = after_model(path, facts["verb"], labelled=labelled)
    return {"scores": scores, **measured, **named, **simple, "text": "\n".join(lines), "next": following}


def of_cost(cost: Cost, call: Call) -> dict[str, Any]:
    """What --plan prints: what the run would take and, with --debug, the resolved recipe. Nothing is written."""
    from headstart.commands.common.terminal import peak_memory_bytes
    from headstart.core import recipe as recipes

    scoring = f"scoring about {_long(cost.scoring)}"
    time = f"solved in one pass, whose time cannot be estimated; {scoring}"
    if cost.seconds is not None and cost.rows_per_second is not None:
        steps = f"{cost.steps:,} steps {_long(cost.seconds)} ({cost.rows_per_second:,.0f} rows/s)"
        time = f"about {_long(cost.seconds + cost.scoring)}: {steps}, {scoring}"
    lines = [time, f"{peak_memory_bytes() / 1e9:.1f} GB of memory, {cost.parameters:,} parameters"]
    lines += ["", recipes.to_toml(cost.recipe)] if call.arguments.get("debug") else []
    return {
        "out": None, "recipe": cost.recipe.as_dict(), "parameters": cost.parameters, "steps": cost.steps,
        "seconds": cost.seconds, "scoring_seconds": cost.scoring, "rows_per_second": cost.rows_per_second,
        "text": "\n".join(lines),
    }  # fmt: skip


def _long(seconds: float) -> str:
    """ "12 s", "3.5 min", "2.1 h"."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"


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
