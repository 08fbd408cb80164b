"""Where a model comes from, what it scored and what it cost: the body of headstart.json."""

import platform
from typing import Any

import torch

from headstart.assemble import Parts
from headstart.commands.common.terminal import peak_memory_bytes
from headstart.core.version import __version__
from headstart.evaluation.evaluate import Evaluation
from headstart.models import artifact
from headstart.models.start import Start
from headstart.reports import shared
from headstart.training.run.run import Outcome


def facts_of(parts: Parts, outcome: Outcome, evaluation: Evaluation | None, warnings: list[str]) -> dict[str, Any]:
    """Lineage, data, scores, cost and machine of a finished run."""
    manifest, start = parts.store.manifest, parts.start
    modules = (parts.trainee.backbone, parts.trainee.objective)
    parents = [*start.facts["lineage"], parent_of(start)] if start is not None else []
    if parts.teacher is not None:
        teacher = parent_of(parts.teacher)
        parents.append({**teacher, "name": f"teacher {teacher['name']}"})
    cost = {
        "seconds": outcome.seconds, "rows": outcome.rows, "steps": outcome.steps, "stopped": outcome.stopped,
        "peak_memory_bytes": peak_memory_bytes(),
        "parameters": sum(p.numel() for module in modules for p in module.parameters()),
    }  # fmt: skip
    data = {
        "source": manifest["source"]["given"],
        "hash": parts.store.hash,
        "content": manifest["source"]["hash"],
        "rows": len(parts.chosen),
        **parts.store.taken,
    }
    foreign = [f"code from outside headstart was used: {kind}" for _, kind in parts.recipe.kinds() if ":" in kind]
    return {
        "version": __version__, "verb": parts.recipe.verb, "created": shared.now(),
        "data": data | {"licence": manifest["licence"], "modality": manifest["modality"]}, "lineage": parents,
        **({"walk": evaluation.walk.facts()} if evaluation is not None and evaluation.walk is not None else {}),
        "scores": dict(evaluation.scores) if evaluation else {}, "split": evaluation.split if evaluation else "",
        "lower_is_better": evaluation is not None and evaluation.metric.lower_is_better,
        "columns": parts.store.roles, "cost": cost,
        "machine": {"device": parts.device, "torch": torch.__version__, "python": platform.python_version()},
        "weights": artifact.weights_digest(*modules), "reasons": list(parts.reasons), "warnings": [*warnings, *foreign],
    }  # fmt: skip


def parent_of(start: Start) -> dict[str, Any]:
    """A model that another one learned from, as its lineage names it."""
    facts, data = start.facts, start.facts["data"]
    rows = f"{', '.join(data['source'])}, {data['rows']:,} rows, {data['hash'][:12]}"
    named = {"name": facts.get("name", start.path.name), "hash": start.hash, "verb": facts["verb"]}
    learned = next((start.config[name]["kind"] for name in ("task", "objective") if name in start.config), "")
    named |= {"learned": learned} if learned else {}
    return {**named, "data": rows, "licence": data["licence"], "content": data.get("content", "")}
