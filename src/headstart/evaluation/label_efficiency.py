"""How many labels is the head start worth: "100 labels with it score as 740 without".

Scores rise with labels, up to noise: both curves are made monotone (isotonic regression) and read straight between
the numbers tried, on a logarithmic axis of labels. Nothing is read outside of what was tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headstart.core.contracts.metric import Metric


@dataclass(frozen=True, slots=True)
class Efficiency:
    """What `labels` labels with the head start are worth in labels without it.

    same_as is None where the other curve never gets there (`more than` the most tried) or starts above (`fewer than`
    the fewest tried); `bound` says which. low and high are the 95 % interval, infinite or 0 beyond what was tried.
    """

    labels: int
    same_as: float | None
    bound: str
    sentence: str
    low: float | None = None
    high: float | None = None


def monotone(budgets: Sequence[int], scores: np.ndarray, metric: Metric) -> np.ndarray:
    """The curve nearest to scores [budgets] that never worsens with more labels (weights equal), [budgets]."""
    from sklearn.isotonic import isotonic_regression

    assert list(budgets) == sorted(set(budgets)), f"budgets must rise, got {list(budgets)}"
    return np.asarray(isotonic_regression(np.asarray(scores, np.float64), increasing=not metric.lower_is_better))


def labels_to_reach(target: float, budgets: Sequence[int], scores: np.ndarray, metric: Metric) -> float:
    """The fewest labels at which the monotone curve is as good as `target`; inf if never, 0 if it starts better.

    scores [budgets]; a curve that starts exactly at the target gives the fewest labels tried.
    """
    curve = metric.sign * monotone(budgets, scores, metric)
    goal = metric.sign * target
    if curve[-1] < goal:
        return float("inf")
    if curve[0] > goal:
        return 0.0
    after = int(np.argmax(curve >= goal))
    if after == 0:
        return float(budgets[0])
    share = (goal - curve[after - 1]) / (curve[after] - curve[after - 1])
    log_labels = np.log(np.asarray(budgets, np.float64))
    return float(np.exp(log_labels[after - 1] + share * (log_labels[after] - log_labels[after - 1])))


def label_efficiency(
    budgets: Sequence[int],
    head_start: np.ndarray,
    scratch: np.ndarray,
    metric: Metric,
    *,
    head_start_replicates: np.ndarray | None = None,
    scratch_replicates: np.ndarray | None = None,
) -> list[Efficiency]:
    """For every number of labels tried: how many labels without the head start score the same.

    head_start, scratch [budgets] mean scores; the replicates [draws, budgets], where given, are paired draws of both
    (`intervals.arm_replicates` with generators in the same state) and give the interval.
    """
    curve = monotone(budgets, head_start, metric)
    drawn = _drawn(budgets, head_start_replicates, scratch_replicates, metric)
    rows = []
    for place, labels in enumerate(budgets):
        needed = labels_to_reach(float(curve[place]), budgets, scratch, metric)
        low = high = None
        if drawn is not None:  # quantiles that are really drawn: between a number and infinity nothing lies
            low = float(np.quantile(drawn[:, place], 0.025, method="lower"))
            high = float(np.quantile(drawn[:, place], 0.975, method="higher"))
        bound = "above" if np.isinf(needed) else "below" if needed == 0 else "within"
        sentence = _sentence(labels, needed, low, high, budgets)
        rows.append(Efficiency(labels, needed if bound == "within" else None, bound, sentence, low, high))
    return rows


def count(labels: float) -> str:
    """A number of labels as a person would say it: two significant digits, thousands apart."""
    digits = max(0, len(str(int(labels))) - 2)
    return f"{int(round(labels, -digits)):,}"


def _drawn(
    budgets: Sequence[int], head_start: np.ndarray | None, scratch: np.ndarray | None, metric: Metric
) -> np.ndarray | None:
    """Labels needed in each draw, [draws, budgets]; None without draws."""
    if head_start is None or scratch is None:
        return None
    assert head_start.shape == scratch.shape, f"paired draws must have one shape: {head_start.shape}, {scratch.shape}"
    needed = np.empty(head_start.shape)
    for draw, (with_it, without) in enumerate(zip(head_start, scratch, strict=True)):
        curve = monotone(budgets, with_it, metric)
        needed[draw] = [labels_to_reach(float(score), budgets, without, metric) for score in curve]
    return needed


def _sentence(labels: int, needed: float, low: float | None, high: float | None, budgets: Sequence[int]) -> str:
    opening = f"{labels:,} label{'s' * (labels != 1)} with the head start"
    interval = ""
    if low is not None and high is not None:
        interval = f" [{_end(low, budgets)}, {_end(high, budgets)}]"
    if np.isinf(needed):
        return f"{opening} are worth more than {budgets[-1]:,} without, the most tried{interval}"
    if needed == 0:
        return f"{opening} are worth fewer than {budgets[0]:,} without, the fewest tried{interval}"
    return f"{opening} = {count(needed)} without{interval}"


def _end(labels: float, budgets: Sequence[int]) -> str:
    if np.isinf(labels):
        return f"more than {budgets[-1]:,}"
    return f"fewer than {budgets[0]:,}" if labels == 0 else count(labels)
