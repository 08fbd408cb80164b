"""How well a pretrained model does what it was pretrained for, on rows it did not learn from."""

import numpy as np
import torch

from headstart.assemble import Parts, feed
from headstart.core.contracts.metric import Metric
from headstart.data.store import Store
from headstart.evaluation.evaluate import Evaluation
from headstart.evaluation.intervals import mean_interval
from headstart.evaluation.leaks import leaks
from headstart.inference.predictor import Predictor
from headstart.models.remembered import of_start
from headstart.training.loop import resting

MOST = 1000
_ROWS = 16  # rows judged together; intervals are over these


def judge_held(parts: Parts, predictor: Predictor) -> Evaluation | None:
    """The same of a model that was just pretrained, on at most 1,000 rows that it did not learn from; None without any.

    Test rows are for later.
    """
    rows = parts.held
    if not len(rows) and "valid" in parts.store.splits and not parts.recipe.data.get("all"):
        rows = parts.store.rows("valid")[:MOST]  # what is solved in one pass holds out none
    if not len(rows):
        return None
    return judge(predictor, parts.store, "valid" if "valid" in parts.store.splits else "held-out train", rows=rows)


def judge(
    predictor: Predictor, store: Store, split: str | None = None, *, rows: np.ndarray | None = None, seed: int = 0
) -> Evaluation:
    """Mean loss, and whatever else the objective says of a batch, with 95 % intervals; of a language model, perplexity.

    `split` unsaid: test, else valid, else train. `rows`: only these of it.
    """
    name = split or next(name for name in ("test", "valid", "train") if name in store.splits)
    rows = store.rows(name) if rows is None else rows
    scores, metrics = _scores(predictor, store, rows, seed)
    headline = next(iter(scores))
    leaked = leaks([of_start(predictor.start)] if predictor.start is not None else [], store, rows)
    if len(leaked.others):
        others = _scores(predictor, store, rows[leaked.others], seed)[0]
        scores |= {
            f"unseen_{key}": value
            for key, value in others.items()
            if key.removesuffix("_low").removesuffix("_high") == headline
        }
    return Evaluation(
        split=name, rows=rows, headline=headline, metric=metrics[headline], scores=scores, answers=[], examples=[],
        warnings=leaked.warnings(name, scores, headline),
    )  # fmt: skip


def _scores(
    predictor: Predictor, store: Store, rows: np.ndarray, seed: int
) -> tuple[dict[str, float], dict[str, Metric]]:
    """Every score of these rows with the ends of its interval, and how each is read."""
    objective, backbone = predictor.trainee.objective, predictor.trainee.backbone
    batches = feed(objective, store, rows, predictor.modality, batch=_ROWS, seed=seed, device=predictor.device)
    history: dict[str, list[float]] = {}
    with resting(predictor.trainee), torch.inference_mode():
        for batch in batches.once():
            step = objective(backbone, batch)
            for key, value in {**step.logs, "loss": step.loss}.items():
                history.setdefault(key, []).append(float(value))
    scores: dict[str, float] = {}
    metrics = {key: Metric(key) for key in history} | {metric.name: metric for metric in objective.metrics}
    for key, metric in metrics.items():
        values = metric.sign * np.array(history[metric.log or key])  # rows are larger where they are better
        interval = mean_interval(values, np.random.default_rng(seed), metric)
        scores |= {key: interval.value, f"{key}_low": interval.low, f"{key}_high": interval.high}
    return scores, metrics
