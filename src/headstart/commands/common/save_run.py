"""What a finished run leaves behind: weights, lineage, report, card, and last the manifest that makes it valid."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from headstart.assemble import Parts
from headstart.commands.common.terminal import peak_memory_bytes
from headstart.core import recipe as recipes
from headstart.core.files import write_whole
from headstart.core.version import __version__
from headstart.evaluation.evaluate import Evaluation
from headstart.inference.predictor import Predictor
from headstart.models import artifact
from headstart.models.start import Start
from headstart.report import blocks, run_reports, shared, write
from headstart.report.model_card import CardFacts, model_card
from headstart.training.run.preflight import Audit
from headstart.training.run.run import Outcome


def finish(
    parts: Parts,
    predictor: Predictor,
    outcome: Outcome,
    path: Path,
    *,
    verb: str,
    evaluation: Evaluation | None = None,
    audited: Audit | None = None,
    warnings: Sequence[str] = (),
) -> None:
    """Save the model with everything that says where it comes from, and its report."""
    warned = [
        *parts.store.warnings,
        *parts.warnings,
        *(audited.warnings if audited else ()),
        *outcome.warnings,
        *warnings,
        *(evaluation.warnings if evaluation else []),
    ]
    facts = _facts(parts, outcome, verb, evaluation, warned)
    if audited is not None:
        facts |= {"reasons": [*facts["reasons"], audited.sentence()], "trained": audited.facts()}
    backbone, head = parts.trainee.backbone, parts.trainee.objective
    seen = [artifact.row_numbers(parts.store.hashes_of(parts.read)), *(one.seen() for one in parts.parents)]
    artifact.save(
        path, config=parts.config(), backbone=backbone, head=head, modality=parts.modality, facts=facts,
        seen=np.concatenate(seen),
    )  # fmt: skip
    base = str(parts.start.facts.get("name", parts.start.path)) if parts.start is not None else ""
    more = parts.tuning.files(backbone, base.removeprefix("hf:")) if parts.tuning is not None else {}
    for name, content in more.items():
        (path / name).parent.mkdir(exist_ok=True)
        write_whole(path / name, content)
    if verb == "pretrain":
        report = run_reports.pretraining(parts, outcome, predictor, facts)
    else:
        report = run_reports.finetuning(parts, outcome, predictor, evaluation, facts)
    write.write(report, path)
    write_whole(path / "README.md", model_card(report, _card(parts, path, evaluation)).encode())
    recipes.write(parts.recipe, path / "recipe.toml", comment=f"headstart rerun {path.name}")
    artifact.seal(path)
    shutil.rmtree(path / "last", ignore_errors=True)  # only now: a run cut off before the seal goes on from there


def _facts(
    parts: Parts, outcome: Outcome, verb: str, evaluation: Evaluation | None, warnings: list[str]
) -> dict[str, Any]:
    """Lineage, scores and cost: the body of headstart.json."""
    store, start = parts.store, parts.start
    modules = (parts.trainee.backbone, parts.trainee.objective)
    parents = [*start.facts["lineage"], parent_of(start)] if start is not None else []
    if parts.teacher is not None:
        parents.append({**parent_of(parts.teacher), "name": f"teacher {parent_of(parts.teacher)['name']}"})
    cost = {
        "seconds": outcome.seconds,
        "rows": outcome.rows,
        "steps": outcome.steps,
        "stopped": outcome.stopped,
        "peak_memory_bytes": peak_memory_bytes(),
        "parameters": sum(p.numel() for module in modules for p in module.parameters()),
    }
    data = {"source": store.manifest["source"]["given"], "hash": store.hash, "rows": len(parts.chosen)}
    return {
        "version": __version__,
        "verb": verb,
        "created": shared.now(),
        "data": data | {"licence": store.manifest["licence"], "modality": store.manifest["modality"]},
        "lineage": parents,
        "scores": dict(evaluation.scores) if evaluation else {},
        "split": evaluation.split if evaluation else "",
        "cost": cost,
        "machine": {"device": parts.device, "torch": torch.__version__, "python": platform.python_version()},
        "weights": artifact.weights_digest(*modules),
        "reasons": list(parts.reasons),
        "warnings": warnings,
    }


def parent_of(start: Start) -> dict[str, Any]:
    data = start.facts["data"]
    return {
        "name": start.facts.get("name", start.path.name),
        "hash": start.hash,
        "verb": start.facts["verb"],
        "data": f"{', '.join(data['source'])}, {data['rows']:,} rows, {data['hash'][:12]}",
        "licence": data["licence"],
    }


def _card(parts: Parts, path: Path, evaluation: Evaluation | None) -> CardFacts:
    store, recipe = parts.store, parts.recipe
    scores, more = [], dict[str, Any]()
    if parts.tuning is not None:
        answer = Predictor(parts.modality, parts.trainee).task.answer
        more = {
            "hub_names": {metric.name: metric.hub for metric in answer.metrics.values() if metric.hub},
            "pipeline": answer.pipeline(store.manifest["modality"]),
            "classes": answer.names,
        }
    if evaluation:
        found = evaluation.scores
        names = [name for name in found if not name.endswith(("_low", "_high"))]
        scores = [blocks.Number(n, found[n], found.get(f"{n}_low"), found.get(f"{n}_high")) for n in names]
    return CardFacts(
        name=path.name, directory=str(path), modality=store.manifest["modality"], backbone=recipe.backbone["kind"],
        data=f"{len(parts.chosen):,} rows of {', '.join(store.manifest['source']['given'])}.",
        objective=recipe.objective.get("kind", ""), task=recipe.task.get("kind", ""), licence=store.manifest["licence"],
        split=evaluation.split if evaluation else "test", scores=scores, **more,
    )  # fmt: skip
