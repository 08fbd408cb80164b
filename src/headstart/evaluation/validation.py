"""Looks at held-out rows while a run learns, and what they say of it at its end."""

from collections.abc import Iterator

import numpy as np

from headstart.assemble import Parts, examples_of, feed, fresh_backbone, known, spread, usable
from headstart.core.contracts import Batch, Task
from headstart.evaluation.monitor import diagnose
from headstart.evaluation.representation import effective_rank, knn
from headstart.inference.predictor import Predictor
from headstart.training.loop import Trainee, resting
from headstart.training.run.early_stopping import Look
from headstart.training.run.run import Outcome, Run, is_stepped


def look_at_objective(run: Run, parts: Parts, predictor: Predictor) -> None:
    """Record the loss on held-out rows, the effective rank of their vectors, and kNN where they have a few classes."""
    if parts.watched is None or parts.trainee.objective.solved:
        return
    with run.at_rest():
        features = predictor.features(parts.store, parts.held)
        logs = {f"valid_{name}": value for name, value in held_losses(parts).items()}
        logs["rank"] = effective_rank(features)
        names = [str(label) for label in parts.store.labels_of(parts.held) if label is not None]
        if len(names) == len(parts.held) and 1 < len(set(names)) < len(names) / 4:
            logs["knn_accuracy"] = knn(features, np.array(names))
        run.record(Look(None, logs))


def look_at_task(run: Run, parts: Parts, predictor: Predictor) -> None:
    """Record the scores on held-out rows, where there are such rows; the weights of the best headline are kept."""
    if not len(parts.held):
        return
    with run.at_rest():
        task, answers = predictor.task, predictor.answers(parts.store, parts.held)
        examples = examples_of(task, parts.store, parts.held)
        scores = task.score(answers, examples)
        metric = task.answer.metric(next(iter(scores)))
        headline = metric.sign * metric.of(task.row_scores(answers, examples))
        run.record(Look(headline, {f"valid_{name}": value for name, value in scores.items()}))


def learn_task(parts: Parts, predictor: Predictor, bound: np.ndarray | None = None) -> Outcome:
    """Fine-tune to the end of the plan with looks at held-out rows, and nothing to see or to save. `bound`: see
    `end_task`."""
    run = Run(parts.trainee, parts.batches, parts.plan, parts.tuning)
    for _ in run:
        if run.look_due:
            look_at_task(run, parts, predictor)
    end_task(parts, predictor, bound)
    return run.outcome


def end_task(parts: Parts, predictor: Predictor, bound: np.ndarray | None = None) -> None:
    """When the run is over: what the tuning put in comes out, and the task chooses thresholds on held-out rows, and
    finds how far it is off: on the rows `bound` [n], unsaid those that it did not learn from."""
    assert parts.tuning is not None
    backbone, task = parts.trainee.backbone, predictor.task
    parts.tuning.end(backbone)
    with resting(parts.trainee):
        if len(parts.held) and is_stepped(parts.trainee, parts.tuning):
            task.settle(backbone, _held_batches(parts, task, parts.held))
        task.bound(backbone, _held_batches(parts, task, _not_learned(parts, task) if bound is None else bound))


def _not_learned(parts: Parts, task: Task) -> np.ndarray:
    """Rows with labels that the run did not learn from: those it looked at; else, with test rows to score, valid rows.
    None of them where labels are counted."""
    splits = parts.store.splits
    if len(parts.held) or parts.recipe.labels is not None or not {"valid", "test"} <= splits.keys():
        return parts.held
    if not len(usable(type(task), parts.store, parts.store.rows("test"))):
        return parts.held  # then the valid rows are scored
    return spread(np.setdiff1d(usable(type(task), parts.store, parts.store.rows("valid")), parts.chosen))


def _held_batches(parts: Parts, task: Task, rows: np.ndarray) -> Iterator[Batch]:
    """The rows whose labels the task can say; nothing is read for a task that does not look at them."""
    held = known(task, parts.store, rows)
    if len(held):
        size = parts.batches.size
        yield from feed(task, parts.store, held, parts.modality, batch=size, seed=0, device=parts.device).once()


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


def findings(parts: Parts, predictor: Predictor, outcome: Outcome) -> list[str]:
    """What the label-free watch found wrong with the representation, disease and cure in a sentence each."""
    rows = parts.held if len(parts.held) >= 200 else parts.chosen[:: max(1, len(parts.chosen) // 500)][:500]
    features = predictor.features(parts.store, rows)
    fresh = Predictor(parts.modality, Trainee(fresh_backbone(parts), parts.trainee.objective), device=parts.device)
    rank = effective_rank(fresh.features(parts.store, rows))
    losses, chance = list[float](), None
    if not parts.trainee.objective.solved:
        losses = [row["loss"] for row in outcome.history if "loss" in row]
        chance = parts.trainee.objective.chance_loss(parts.batches.size)
    spreads = [row["spread"] for row in outcome.history if "spread" in row]
    general = not parts.trainee.objective.needs_labels
    diagnosis = diagnose(
        features, losses, chance_loss=chance, rank_at_start=rank, spreads=spreads, general=general
    )  # fmt: skip
    return [finding.message for finding in diagnosis]
