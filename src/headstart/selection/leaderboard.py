"""Trials -> a leaderboard: expected scores with intervals, places that ties share, chances and regrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from headstart.core.contracts.metric import Metric
from headstart.evaluation.intervals import TAILS, is_hits, resampled_means
from headstart.evaluation.shares import wilson
from headstart.selection.curves import USUAL, doublings, factor_of, loss_of, score_of
from headstart.selection.race import Entrant

REPLICATES = 2_000
DOUBT = 0.05  # standard deviation of a factor a doubling


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One line of the leaderboard.

    place          ties share one; None for what is only compared with
    score          expected with all labels and the whole fine-tune; `low` and `high` are its 95 % interval
    chance         to be the best of those that can be taken
    regret         by how much the best is expected to be better, in units of the score
    minutes        of the fine-tune;  milliseconds of answering a row;  megabytes of the model
    overlap        rows of the test part that its start has seen
    stepped        it learns in steps, so it could use more or less time
    folds, labels  on how many folds it was tried, and how many labels it had there
    """

    place: int | None
    name: str
    family: str
    score: float
    low: float
    high: float
    chance: float
    regret: float
    minutes: float
    milliseconds: float
    megabytes: float
    licence: str
    overlap: int
    folds: int
    labels: int
    stepped: bool = False
    dropped: str = ""
    prior: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def draws_of(
    metric: Metric, entrants: Sequence[Entrant], labels: int, groups: Mapping[int, np.ndarray],
    most: float | None = None,
) -> np.ndarray:  # fmt: skip
    """Plausible losses of every entrant with all `labels` and its whole fine-tune, [replicates, E].

    groups: of the held rows of each fold; `most` seconds are what a fine-tune may take.

    Rows are drawn once for all. An entrant with fewer folds than the one with the most stands where its difference to
    that one is on the folds both have. Folds differ by more than their rows tell: that spread is added.
    """
    generator = np.random.default_rng(0)
    ahead = max(entrants, key=lambda one: (len(one.best), -float(_loss(metric, one))))
    folds = [trial.fold for trial in ahead.best]
    weights = {fold: _weights(groups[fold], generator) for fold in folds}
    base = _means(metric, ahead, folds, weights)
    losses = []
    for one in entrants:
        shared = [fold for fold in folds if any(trial.fold == fold for trial in one.best)]
        if not shared:
            losses.append(np.full(REPLICATES, np.nan))
            continue
        loss = (
            base
            if one is ahead
            else base + _means(metric, one, shared, weights) - _means(metric, ahead, shared, weights)
        )
        more = np.hypot(_fold_error(metric, one), _few_rows_error(metric, one, float(loss.var())))
        loss = loss + generator.standard_normal(REPLICATES) * more
        away = doublings(one.best[0].effort, one.reach(labels, most))
        factor = generator.normal(factor_of(metric, one.trials), DOUBT, REPLICATES).clip(0.5, 1.0)
        losses.append(np.clip(loss, 0.0, 1.0 if metric.fraction else None) * factor**away)
    return np.stack(losses, 1)


def standings(
    metric: Metric, entrants: Sequence[Entrant], losses: np.ndarray, *, overlaps: Mapping[str, int], prior: str
) -> list[Standing]:
    """The leaderboard, best first. losses [replicates, E]: those of the entrants."""
    taking = np.array([not one.candidate.reference for one in entrants])
    eligible = losses[:, taking]
    least = eligible.min(1, keepdims=True) if taking.any() else losses.min(1, keepdims=True)
    wins = (losses == least) & taking
    chances = (wins / np.maximum(wins.sum(1, keepdims=True), 1)).mean(0)
    regrets = (losses - least).mean(0)
    order = np.argsort(losses.mean(0), kind="stable")
    places, lines = _places(losses, [number for number in order if taking[number]]), []
    for number in order:
        one, scores = entrants[number], score_of(metric, losses[:, number])
        low, high = np.quantile(scores, TAILS)
        facts = one.best[0].facts
        seconds = one.whole.seconds or max(trial.seconds for trial in one.best)
        lines.append(Standing(
            place=places.get(number), name=one.candidate.name, family=one.candidate.family, score=float(scores.mean()),
            low=float(low), high=float(high), chance=float(chances[number]), regret=float(regrets[number]),
            minutes=seconds / 60, milliseconds=1000 * float(np.median([trial.each for trial in one.best])),
            megabytes=facts.get("bytes", 0) / 2**20, licence=facts.get("licence", ""),
            overlap=overlaps.get(one.candidate.name, 0), folds=len(one.best), labels=one.best[0].effort.labels,
            stepped=one.stepped, dropped=one.dropped, prior=one.candidate.name == prior,
            fields=dict(one.candidate.fields),
        ))  # fmt: skip
    return lines


def with_more_labels(
    metric: Metric, one: Entrant, losses: np.ndarray, times: float = 2.0
) -> tuple[float, float, float]:
    """What the leader would score with so many times the labels: (score, low, high). losses [replicates] its own."""
    labelled = [trial for trial in one.trials if trial.effort.seconds == (one.top.seconds if one.top else None)]
    factor = factor_of(metric, labelled) if len({trial.effort.labels for trial in labelled}) > 1 else USUAL
    drawn = np.random.default_rng(1).normal(factor, 2 * DOUBT, len(losses)).clip(0.5, 1.0) ** np.log2(times)
    scores = score_of(metric, losses * drawn)
    low, high = np.quantile(scores, TAILS)
    return float(scores.mean()), float(low), float(high)


def _places(losses: np.ndarray, order: Sequence[int]) -> dict[int, int]:
    """Whoever is not surely worse than the first of a place shares it."""
    places, head, place = dict[int, int](), -1, 0
    for rank, number in enumerate(order, 1):
        if head < 0 or np.quantile(losses[:, number] - losses[:, head], TAILS[0]) > 0:
            head, place = number, rank
        places[number] = place
    return places


def _loss(metric: Metric, one: Entrant) -> np.ndarray:
    return loss_of(metric, np.concatenate([trial.row_scores for trial in one.best]).mean(0))


def _weights(groups: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """How often each row is drawn, [replicates, rows]; whole groups are."""
    count = int(groups.max()) + 1
    drawn = generator.multinomial(count, np.full(count, 1 / count), REPLICATES)
    return drawn[:, groups].astype(np.float32)


def _means(metric: Metric, one: Entrant, folds: Sequence[int], weights: Mapping[int, np.ndarray]) -> np.ndarray:
    """Losses of resampled rows of some folds, [replicates]."""
    rows = {trial.fold: trial.row_scores.reshape(len(trial.row_scores), -1) for trial in one.best}
    total = sum(weights[fold] @ rows[fold].astype(np.float64) for fold in folds)
    count = sum(weights[fold].sum(1, keepdims=True) for fold in folds)
    means = total / np.maximum(count, 1)
    return loss_of(metric, means if one.best[0].row_scores.ndim > 1 else means[:, 0])


def _fold_error(metric: Metric, one: Entrant) -> float:
    """Standard error of the mean over folds, as far as rows alone do not explain it."""
    if len(one.best) < 2:
        return 0.0
    losses = np.array([float(loss_of(metric, trial.row_scores.mean(0))) for trial in one.best])
    rows = [_row_error(metric, trial.row_scores, number) for number, trial in enumerate(one.best)]
    return float(np.sqrt(max(0.0, losses.var(ddof=1) - np.mean(np.square(rows))) / len(losses)))


def _few_rows_error(metric: Metric, one: Entrant, drawn: float) -> float:
    """What resampling lacks where nearly all of few rows are right; `drawn` is the variance that it gave."""
    rows = np.concatenate([trial.row_scores for trial in one.best])
    if not is_hits(rows, metric):
        return 0.0
    low, high = wilson(float(rows.mean()), len(rows))
    return float(np.sqrt(max(0.0, ((high - low) / 4) ** 2 - drawn)))


def _row_error(metric: Metric, row_scores: np.ndarray, seed: int) -> float:
    columns = row_scores.reshape(len(row_scores), -1).astype(np.float64)
    means = resampled_means(columns, np.random.default_rng(seed), replicates=200)
    return float(loss_of(metric, means if row_scores.ndim > 1 else means[:, 0]).std())
