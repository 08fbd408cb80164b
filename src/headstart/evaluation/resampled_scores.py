"""Intervals of scores of any kind, such as macro F1: by drawing rows, or whole groups, with replacement."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from headstart.evaluation.intervals import TAILS, Interval


def score_interval(
    score: Callable[[np.ndarray], float],
    rows: int,
    generator: np.random.Generator,
    *,
    replicates: int,
    groups: np.ndarray | None = None,
) -> Interval:
    """One model's score of any kind (macro F1, mAP) with its interval; `score` takes row numbers [n], with repeats.

    A replicate whose score is undefined (NaN: a class is missing) is left out of the percentiles.
    """
    (found,) = score_intervals(
        lambda drawn: {"": score(drawn)}, [""], rows, generator, replicates=replicates, groups=groups
    )
    return found


def score_intervals(
    scores: Callable[[np.ndarray], Mapping[str, float]],
    names: Sequence[str],
    rows: int,
    generator: np.random.Generator,
    *,
    replicates: int,
    groups: np.ndarray | None = None,
) -> list[Interval]:
    """The same of several scores, by the same draws: `scores` gives those that are defined of row numbers [n]."""
    values = scores(np.arange(rows))
    members = [] if groups is None else np.split(*_by_group(groups))
    count = rows if groups is None else len(members)
    drawn = np.empty((replicates, len(names)))
    for replicate in range(replicates):
        draw = generator.integers(0, count, size=count)
        found = scores(draw if groups is None else np.concatenate([members[one] for one in draw]))
        drawn[replicate] = [found.get(name, np.nan) for name in names]
    each = zip(names, drawn.T, strict=True)
    return [_percentiles(values.get(name, float("nan")), column[np.isfinite(column)], rows) for name, column in each]


def _percentiles(value: float, drawn: np.ndarray, rows: int) -> Interval:
    """The interval of a score by its replicates, of which those that are undefined were left out."""
    if not len(drawn):
        return Interval(float(value), float("nan"), float("nan"), 1, rows, float("nan"))
    low, high = np.quantile(drawn, TAILS)
    return Interval(float(value), float(low), float(high), 1, rows, float(drawn.std()))


def _by_group(groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers ordered by group, and where each but the first group begins."""
    return np.argsort(groups, kind="stable"), np.cumsum(np.bincount(groups))[:-1]
