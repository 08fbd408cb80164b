"""Learning curves: what a score measured with less effort would come to with all of it.

A loss (1 - accuracy, an error) falls by a factor with every doubling of the labels or of the time. The factor is that
of the candidate's own trials where it has two of different effort, drawn towards a usual one.
"""

from collections.abc import Sequence

import numpy as np

from headstart.core.contracts.metric import Metric
from headstart.selection.memory import Effort, Trial

USUAL, BEST = 0.93, 0.75  # factors a doubling: what is expected without evidence, and what is still thought possible
TRUST = 0.5  # weight of a factor that was seen once, on one fold
STEEPEST, FLATTEST = 0.6, 1.0


def loss_of(metric: Metric, row_scores: np.ndarray) -> np.ndarray:
    """Means of row scores [..., C] or [...] -> losses: 0 is perfect, and smaller is better."""
    score = metric.from_rows(np.asarray(row_scores, np.float64))
    return score if metric.lower_is_better else 1.0 - score


def score_of(metric: Metric, loss: np.ndarray) -> np.ndarray:
    """The other way round."""
    return loss if metric.lower_is_better else 1.0 - loss


def doublings(effort: Effort, whole: Effort) -> float:
    """How often labels and seconds have to be doubled until an effort is a whole one."""
    missing = np.log2(max(1.0, whole.labels / max(1, effort.labels)))
    if effort.seconds is not None and whole.seconds is not None:
        missing += np.log2(max(1.0, whole.seconds / effort.seconds))
    return float(missing)


def factor_of(metric: Metric, trials: Sequence[Trial]) -> float:
    """The factor a doubling of one candidate, from pairs of trials of one fold."""
    logs, weight = 0.0, 0.0
    for one in trials:
        for other in trials:
            apart = doublings(one.effort, other.effort)
            if one.fold != other.fold or apart < 0.5:
                continue
            less, more = (float(loss_of(metric, trial.row_scores.mean(0))) for trial in (one, other))
            if less > 0 and more > 0:
                logs += np.log(np.clip((more / less) ** (1 / apart), STEEPEST, FLATTEST))
                weight += 1
    seen = logs / weight if weight else 0.0
    trust = 1 - (1 - TRUST) ** weight
    return float(np.exp(trust * seen + (1 - trust) * np.log(USUAL)))
