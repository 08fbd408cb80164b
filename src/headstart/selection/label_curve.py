"""What further labels would bring: the score now and with more labels, from fits to parts of the labels there are.

A loss falls with labels as loss(m) = loss(n) * (floor + (1 - floor) * (n / m) ** power) (a power law with a floor:
Hestness et al. 2017; Viering and Loog 2022 on how such curves fail). Few labels do not tell power and floor, so all of
them stay in play, weighed by how well they fit, and the interval is over what they say of more labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headstart.core.contracts.metric import Metric
from headstart.evaluation.intervals import TAILS, is_hits, resampled_means
from headstart.evaluation.verdict import SMALLEST_GAIN
from headstart.selection.curves import loss_of, score_of
from headstart.selection.folds import Fold
from headstart.selection.memory import Effort, Trial

PARTS = (0.15, 0.3, 0.6, 1.0)  # of the rows that a fold learns from
LEAST = 8  # rows below which no fit is tried
POWERS, FLOORS = np.linspace(0.0, 1.5, 76), np.linspace(0.0, 0.95, 20)
USUAL_POWER, POWER_SPREAD = 0.5, 0.35  # powers before anything is seen: a loss falls by a third for twice the labels
LUCK = 0.7  # variance of a loss that comes from which labels there are, as a share of that of as many scored rows
DRAWS, ROW_DRAWS = 4_000, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The score with so many labels, and by how much it would be better with `more` by chance; 95 % intervals.

    gain    positive where the score becomes better, also for errors; its interval holds the luck of which rows these
            are, too
    least   the smallest useful gain: a point, or 1 % of a score that is no fraction, as for `gain`
    chance  the probability that so many labels bring at least that, on average over which rows these are
    """

    metric: Metric
    labels: int
    more: int
    score: float
    score_low: float
    score_high: float
    gain: float
    low: float
    high: float
    least: float
    chance: float

    @property
    def scores(self) -> dict[str, float]:
        """As `--json` has them."""
        name, gain = self.metric.name, {"gain": self.gain, "gain_low": self.low, "gain_high": self.high}
        return {name: self.score, f"{name}_low": self.score_low, f"{name}_high": self.score_high, **gain}


def sizes(folds: Sequence[Fold]) -> list[Effort]:
    """Numbers of labels that are tried of every fold, the same of each."""
    most = min(len(fold.learn) for fold in folds)
    found = {max(LEAST, round(part * most)) for part in PARTS}
    return [Effort(size) for size in sorted(found) if size <= most]


def outlook(metric: Metric, trials: Sequence[Trial], labels: int, more: int, generator: np.random.Generator) -> Outlook:
    """What `more` labels beside `labels` bring, from trials of several folds with several numbers of labels each."""
    counts = np.array(sorted({trial.effort.labels for trial in trials}))
    by_count = [[trial for trial in trials if trial.effort.labels == count] for count in counts]
    seen = np.array([_loss(metric, some) for some in by_count])
    spread, each = _row_errors(metric, by_count, generator)
    luck = LUCK * each  # times 1 / labels: the variance that comes from which labels there are
    apart = np.minimum([len(some) for some in by_count], labels / counts)  # larger parts of the labels overlap
    spread = spread + np.diag(luck / counts / apart)
    level, power, floor = _drawn(seen, spread, counts / labels, generator)
    brings = level * (1 - floor) * (1 - (labels / (labels + more)) ** power)
    noise = generator.standard_normal(DRAWS) * np.sqrt(luck / labels * more / (labels + more))
    now, gain = score_of(metric, level), np.minimum(brings + noise, level)
    (score_low, score_high), (low, high) = np.quantile(now, TAILS), np.quantile(gain, TAILS)
    least = SMALLEST_GAIN if metric.fraction else SMALLEST_GAIN * abs(float(now.mean()))
    return Outlook(
        metric=metric, labels=labels, more=more, score=float(now.mean()), score_low=float(score_low),
        score_high=float(score_high), gain=float(brings.mean()), low=float(low), high=float(high), least=least,
        chance=float((brings >= least).mean()),
    )  # fmt: skip


def _loss(metric: Metric, trials: Sequence[Trial]) -> float:
    return float(loss_of(metric, np.concatenate([trial.row_scores for trial in trials]).mean(0)))


def _row_errors(
    metric: Metric, by_count: Sequence[Sequence[Trial]], generator: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Covariance of the losses [counts, counts], as far as it is the luck of which rows they are scored on, and the
    variance of a single row."""
    stacked = [np.concatenate([_columns(trial) for trial in some]) for some in by_count]
    rows, width = stacked[0].shape
    means = resampled_means(np.concatenate(stacked, 1), generator, replicates=ROW_DRAWS)
    means = means.reshape(ROW_DRAWS, len(by_count), width)
    losses = loss_of(metric, means if by_count[0][0].row_scores.ndim > 1 else means[..., 0])  # [draws, counts]
    least = 1 / rows**2 if is_hits(stacked[0], metric) else (1e-3 * losses.mean()) ** 2  # all right is not surely right
    found = np.atleast_2d(np.cov(losses.T)) + least * np.eye(len(by_count))
    return found, float(found[-1, -1] * rows)


def _columns(trial: Trial) -> np.ndarray:
    return trial.row_scores.reshape(len(trial.row_scores), -1).astype(np.float64)


def _drawn(
    seen: np.ndarray, spread: np.ndarray, ratios: np.ndarray, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Levels (loss with all labels), powers and floors [draws each] that fit losses seen [counts] at ratios of them."""
    shape = FLOORS[:, None] + (1 - FLOORS[:, None]) * ratios[None, None] ** -POWERS[:, None, None]  # [P, F, counts]
    precision = np.linalg.pinv(spread)
    along = shape @ precision  # the best level of each shape, in closed form, and its error
    weight = np.maximum((along * shape).sum(-1), 1e-12)
    best = (along @ seen) / weight  # [P, F]
    misfit = seen @ precision @ seen - best**2 * weight
    prior = -0.5 * ((POWERS[:, None] - USUAL_POWER) / POWER_SPREAD) ** 2 - 0.5 * np.log(weight)
    log = prior - 0.5 * misfit
    share = np.exp(log - log.max()).ravel()
    cell = generator.choice(len(share), size=DRAWS, p=share / share.sum())
    level = best.ravel()[cell] + generator.standard_normal(DRAWS) / np.sqrt(weight.ravel()[cell])
    return np.maximum(level, 0.0), POWERS[cell // len(FLOORS)], FLOORS[cell % len(FLOORS)]
