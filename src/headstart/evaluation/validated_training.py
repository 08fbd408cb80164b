"""Pretraining and fine-tuning to the end, watched on held-out rows: what the verbs and `gain` share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from headstart.assemble import Parts, fresh_backbone
from headstart.evaluation.monitor import diagnose, effective_rank
from headstart.evaluation.representation.knn import knn
from headstart.inference.predictor import Predictor
from headstart.training.loop import Progress, Trainee, resting
from headstart.training.run.run import Check, Outcome, run

Watch = Callable[[Progress, Mapping[str, float]], None]


def pretrain(parts: Parts, folder: Path | None = None, watch: Watch | None = None) -> Outcome:
    """Run the objective to the end; now and then the loss on held-out rows and the effective rank of their vectors."""
    predictor = Predictor(parts.modality, parts.trainee, device=parts.device)
    names = [str(label) for label in parts.store.labels_of(parts.held) if label is not None]
    judged = len(names) == len(parts.held) and 1 < len(set(names)) < len(names) / 4

    def check() -> Check:
        features = predictor.features(parts.store, parts.held)
        logs = {f"valid_{name}": value for name, value in held_losses(parts).items()}
        logs["rank"] = effective_rank(features)
        if judged:
            logs["knn_accuracy"] = knn(features, np.array(names))
        return Check(None, logs)

    watched = check if parts.watched is not None and not parts.trainee.objective.closed_form else None
    return run(parts.trainee, parts.batches, parts.plan, folder=folder, check=watched, watch=watch)


def finetune(parts: Parts, folder: Path | None = None, watch: Watch | None = None) -> Outcome:
    """Run the task to the end; the weights that score best on held-out rows are kept, where there are such rows."""
    predictor = Predictor(parts.modality, parts.trainee, device=parts.device)
    examples = parts.store.examples_of(parts.held)

    def check() -> Check:
        answers = predictor.answers(parts.store, parts.held)
        scores = predictor.task.score(answers, examples)
        rows = predictor.task.row_scores(answers, examples)
        metric = predictor.task.answer.metric(next(iter(scores)))
        return Check(metric.sign * metric.of(rows), {f"valid_{name}": value for name, value in scores.items()})

    watched = check if len(parts.held) else None
    outcome = run(parts.trainee, parts.batches, parts.plan, parts.tuning, folder=folder, check=watched, watch=watch)
    if parts.tuning is not None:
        parts.tuning.end(parts.trainee.backbone)
    return outcome


def held_losses(parts: Parts) -> dict[str, float]:
    """Mean loss, and whatever else the objective says of a batch, over the held-out rows, without augmentation."""
    assert parts.watched is not None
    backbone, objective = parts.trainee.backbone, parts.trainee.objective
    totals: dict[str, float] = {}
    with resting(parts.trainee):
        for batch in parts.watched.once():
            step = objective(backbone, batch)
            for name, value in {"loss": step.loss, **step.logs}.items():
                totals[name] = totals.get(name, 0.0) + float(value) * len(batch["key"]) / parts.watched.rows
    return totals


def findings(parts: Parts, outcome: Outcome) -> list[str]:
    """What the label-free watch found wrong with the representation, disease and cure in a sentence each."""
    rows = parts.held if len(parts.held) >= 200 else parts.chosen[:: max(1, len(parts.chosen) // 500)][:500]
    features = Predictor(parts.modality, parts.trainee, device=parts.device).features(parts.store, rows)
    fresh = Predictor(parts.modality, Trainee(fresh_backbone(parts), parts.trainee.objective), device=parts.device)
    losses = [row["loss"] for row in outcome.history if "loss" in row]
    stepped = not parts.trainee.objective.closed_form
    chance = parts.trainee.objective.chance_loss(parts.batches.size) if stepped else None
    found = diagnose(
        features,
        losses if stepped else [],
        chance_loss=chance,
        rank_at_start=effective_rank(fresh.features(parts.store, rows)),
        spreads=[row["spread"] for row in outcome.history if "spread" in row],
    )
    return [finding.message for finding in found]
