"""Runs from start to end, with what a test looks at in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from headstart.assemble import Parts
from headstart.evaluation.validation import look_at_objective, look_at_task
from headstart.inference.predictor import Predictor
from headstart.training.loop import Progress
from headstart.training.run.early_stopping import Look
from headstart.training.run.run import Outcome, Run

Watch = Callable[[Progress, Mapping[str, float]], object]


def complete(
    made: Any, *, folder: Path | None = None, look: Callable[[], Look] | None = None, watch: Watch | None = None
) -> Outcome:
    """Run what has a trainee, batches and a plan."""
    with Run(made.trainee, made.batches, made.plan, folder=folder) as run:
        for progress in run:
            if look is not None and run.look_due:
                with run.at_rest():
                    run.record(look())
            if watch is not None:
                watch(progress, run.logs)
            run.save()
    return run.outcome


def learn(parts: Parts, folder: Path | None = None, watch: Watch | None = None) -> Outcome:
    """Run parts as their verb does."""
    predictor = Predictor(parts.modality, parts.trainee, device=parts.device)
    look = look_at_objective if parts.tuning is None else look_at_task
    with Run(parts.trainee, parts.batches, parts.plan, parts.tuning, folder=folder) as run:
        for progress in run:
            if run.look_due:
                look(run, parts, predictor)
            if watch is not None:
                watch(progress, run.logs)
            run.save()
    if parts.tuning is not None:
        parts.tuning.end(parts.trainee.backbone)
    return run.outcome
