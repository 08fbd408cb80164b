"""The luck of which rows were labelled at all: seeds draw from one pool, and a large draw is nearly the same each time.

Draws of m of N labelled rows share rows, so they differ less than draws of m new rows would: for a score to which every
row adds its part, by the factor 1 - m / N, and the mean over any number of seeds keeps the variance of the pool,
m / (N - m) times that between seeds (Nadeau and Bengio 2003, Machine Learning 52, section 3; Cochran 1977 on finite
populations). With all rows in each draw nothing between seeds shows it. So it is taken from the largest number of
labels that was tried and is at most half of the pool, else from the smallest: there the luck of initial weights, which
is between seeds too, counts least.
"""

from collections.abc import Mapping
from dataclasses import replace

from headstart.evaluation.intervals import TAILS, Interval


def pool_error(tried: Mapping[int | None, Interval], pool: int) -> float:
    """Standard error that is the luck of the pool of labelled rows, from the intervals at each number of labels tried.

    None stands for all labels. 0 where nothing shows it: one seed, or all rows each time.
    """
    known = {labels: one for labels, one in tried.items() if labels is not None and labels < pool}
    known = {labels: one for labels, one in known.items() if one.seed_error is not None}
    if not known:
        return 0.0
    half = [labels for labels in known if 2 * labels <= pool]
    labels = max(half) if half else min(known)
    one = known[labels]
    # larger draws show too little of it: what test rows add between seeds is left in there, .91 is covered without it
    between = one.between if half else (one.seed_error or 0.0) * one.seeds**0.5
    return between * (labels / (pool - labels)) ** 0.5


def widened(interval: Interval, error: float) -> Interval:
    """The interval with the luck of the pool in it, of which as much is known as of the luck of seeds."""
    from scipy.stats import t

    if error == 0 or interval.seed_error is None:
        return interval
    quantile = float(t.ppf(TAILS[1], interval.freedom))
    total = (interval.row_error**2 + interval.seed_error**2) + error**2
    rows = interval.row_error**4 / max(interval.rows - 1, 1)
    doubt = rows + (interval.seed_error**2 + error**2) ** 2 / (interval.seeds - 1)
    freedom = min(max(total**2 / doubt, 1.0), interval.freedom)
    wider = float(t.ppf(TAILS[1], freedom)) * total**0.5 / (quantile * (total - error**2) ** 0.5)
    low, high = (interval.value + wider * (end - interval.value) for end in (interval.low, interval.high))
    return replace(interval, low=low, high=high, pool_error=error, freedom=freedom)


def with_pool(tried: Mapping[int | None, Interval], pool: int) -> dict[int | None, Interval]:
    """Intervals at each number of labels tried, of `pool` labelled rows, with the luck of the pool in them."""
    error = pool_error(tried, pool)
    return {labels: widened(one, error) for labels, one in tried.items()}
