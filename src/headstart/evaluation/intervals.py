"""How sure is a score: 95 % intervals over test rows and over seeds, for one model, one arm, or two arms compared.

One model is resampled by rows (Efron 1979). An arm trained with several seeds has two sources of luck that cross: which
rows were tested and which seeds (weights and label draws) were used. Resampling 3-5 seeds is too narrow (it misses the
factor S / (S - 1) and the fat tails), so rows are resampled and seeds enter by their t distribution: the variance of
the two-way layout, rows + seeds - what both counted twice, with Satterthwaite's degrees of freedom (1946; Owen 2007
on the double counting). Simulated coverage of the 95 % interval with 5 seeds: 93-98 % (tests/evaluation).

Rows of one group (a patient, a video) are alike, and few groups tell less than many rows: where rows have groups, whole
groups are drawn instead of rows, and the degrees of freedom are those of the groups.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from headstart.core.contracts.metric import Metric
from headstart.evaluation.shares import share_interval
from headstart.evaluation.tails import drawn_means

LEVEL = 0.95
TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)

FEW_GROUPS = 20  # fewer groups of test rows than this are said to be few
CELLS_AT_ONCE = 4_000_000  # weights held at a time while resampling: 32 MB of float64, whatever the number of rows


@dataclass(frozen=True, slots=True)
class Interval:
    """A number with its interval. `str` gives "0.756 [0.741, 0.770]".

    seed_error is the part of the standard error that more seeds shrink (None with one seed: the luck of the seed is
    then not in the interval), row_error the part that only more test rows shrink, pool_error the part that only more
    labelled rows shrink (`label_pool.py`). between: standard deviation between seeds, without what the choice of test
    rows adds. freedom: degrees of freedom of the t distribution behind a symmetric interval.
    """

    value: float
    low: float
    high: float
    seeds: int
    rows: int
    row_error: float
    seed_error: float | None = None
    freedom: float = 1e9
    pool_error: float = 0.0
    between: float = 0.0

    @property
    def p_not_above(self) -> float:
        """One-sided p-value of "it is not above 0"."""
        from scipy.stats import t

        error = (self.high - self.value) / float(t.ppf(TAILS[1], self.freedom))
        return float(t.sf(self.value / error, self.freedom)) if error > 0 else float(self.value <= 0)

    def within(self, metric: Metric) -> "Interval":
        """The interval without what a score can never be: of a fraction that is not negative, below 0 and above 1."""
        if not metric.fraction or self.value < 0:
            return self
        return replace(self, low=max(self.low, 0.0), high=min(self.high, 1.0))

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def resampled_means(
    columns: np.ndarray, generator: np.random.Generator, *, replicates: int = 2000, groups: np.ndarray | None = None
) -> np.ndarray:
    """Means of columns [rows, C] over rows drawn with replacement, [replicates, C]; memory stays bounded.

    groups [rows] int from 0: whole groups are drawn. Their means are spread a little wider, by the root of G / (G - 1).
    """
    if groups is not None:
        sizes = np.bincount(groups)
        sums = np.zeros((len(sizes), columns.shape[1] + 1))
        np.add.at(sums, groups, np.column_stack([columns, np.ones(len(columns))]))
        drawn = resampled_means(sums, generator, replicates=replicates)
        means, centre = drawn[:, :-1] / drawn[:, -1:], columns.mean(0)
        return centre + (means - centre) * np.sqrt(len(sizes) / max(1, len(sizes) - 1))
    n, width = columns.shape
    means = np.empty((replicates, width))
    step = max(1, CELLS_AT_ONCE // n)
    for start in range(0, replicates, step):
        count = min(step, replicates - start)
        drawn = generator.integers(0, n, size=(count, n)) + n * np.arange(count)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=count * n).reshape(count, n)  # times each row was drawn
        means[start : start + count] = weights @ columns / n
    return means


def groups_of(names: Sequence[object]) -> np.ndarray | None:
    """Groups of rows as numbers from 0, [rows]; None if no two rows share one. A row without a name is its own."""
    keys = [f"row {row}" if name is None else f"group {name}" for row, name in enumerate(names)]
    _, numbers = np.unique(keys, return_inverse=True)
    return numbers if len(keys) and numbers.max() + 1 < len(keys) else None


def mean_interval(
    row_scores: np.ndarray, generator: np.random.Generator, metric: Metric, *, groups: np.ndarray | None = None
) -> Interval:
    """One model's score with its interval over the test rows. row_scores [n], larger is better, or counts [n, C].

    Hits (0/1) and counts of right and wrong get Clopper and Pearson's interval (`shares.py`), scores without bounds one
    that reckons with rows worse than any seen (`tails.py`), others the percentile bootstrap, `metric.from_rows` applied
    to each replicate; of these two, rows with groups get the t distribution over groups.
    """
    rows = np.asarray(row_scores, dtype=np.float64)
    point, resampled = _arm(rows[None], generator, metric, 2000, groups)
    error = float(resampled[:, 0].std())
    counts = np.stack([rows, 1 - rows], -1) if is_hits(rows, metric) else rows if metric.right_and_wrong else None
    if counts is not None:
        low, high = share_interval(counts, groups)
        if rows.ndim > 1:
            low, high = metric.from_rows(np.array([[low, 1 - low], [high, 1 - high]]))
    elif groups is not None:
        found = _combine(point, resampled, units(len(rows), groups), hits=False).within(metric)
        errors = is_unbounded(rows, metric) and bool((rows <= 0).all())  # none is below 0, so their mean is not
        return replace(found, low=max(found.low, 0.0)) if errors else found
    elif is_unbounded(rows, metric):
        low, high = _tailed(rows, generator, metric)
    else:
        low, high = np.quantile(resampled[:, 0], TAILS)
    return Interval(float(point[0]), float(low), float(high), 1, len(rows), error)


def is_unbounded(row_scores: np.ndarray, metric: Metric) -> bool:
    """Is the score a mean of errors that can be of any size?"""
    return row_scores.ndim == 1 and metric.lower_is_better and not metric.fraction


def _tailed(rows: np.ndarray, generator: np.random.Generator, metric: Metric) -> np.ndarray:
    """Ends of the interval of a score without bounds, from rows [n], minus an error each."""
    return np.sort(metric.from_rows(-np.quantile(drawn_means(-rows, generator), TAILS)))


def arm_interval(
    row_scores: np.ndarray, generator: np.random.Generator, metric: Metric, *, groups: np.ndarray | None = None
) -> Interval:
    """Mean score of one arm trained with several seeds. row_scores [seeds, rows] or [seeds, rows, C].

    Of a score without bounds, either side of the interval over rows is added to that over seeds as variances are
    (Zou and Donner 2008, Statistics in Medicine 27).
    """
    hits = np.asarray(row_scores, dtype=np.float64)
    point, resampled = _arm(hits, generator, metric, 1000, groups)
    mean = _combine(point, resampled, units(hits.shape[1], groups), is_hits(hits, metric))
    if is_unbounded(hits[0], metric) and groups is None:
        rows = hits.mean(0)
        low, high = metric.of(rows) - _tailed(rows, generator, metric)
        luck = mean.seed_error or 0.0
        seeds = (mean.high - mean.value) * luck / max(np.hypot(luck, mean.row_error), 1e-300)
        return replace(mean, low=mean.value - np.hypot(low, seeds), high=mean.value + np.hypot(high, seeds))
    return mean.within(metric) if is_hits(hits, metric) else mean


def gain_interval(
    arm: np.ndarray,
    other: np.ndarray,
    generator: np.random.Generator,
    metric: Metric,
    *,
    replicates: int = 1000,
    groups: np.ndarray | None = None,
) -> Interval:
    """How much better `arm` is than `other`, paired, in units of the score; positive is better, also for rmse.

    arm, other [seeds, rows] row scores, larger is better (or counts [seeds, rows, C]): same seeds, same test rows, same
    label draws.
    """
    assert arm.shape == other.shape, f"paired arms must have one shape, got {arm.shape} and {other.shape}"
    seeds, rows = arm.shape[:2]
    both = np.concatenate([arm, other]).astype(np.float64)  # [2 * seeds, rows]
    point, resampled = _arm(both, generator, metric, replicates, groups)
    gain, drawn = (metric.sign * (of[..., :seeds] - of[..., seeds:]) for of in (point, resampled))
    return _combine(gain, drawn, units(rows, groups), is_hits(both, metric))


def arm_replicates(
    row_scores: np.ndarray,
    generator: np.random.Generator,
    metric: Metric,
    *,
    replicates: int = 1000,
    groups: np.ndarray | None = None,
) -> np.ndarray:
    """Plausible values of an arm's mean score, [replicates]. row_scores [seeds, rows].

    Generators in the same state give paired draws (same rows, same seeds) to every arm of one shape. Their spread is
    scaled to that of `arm_interval`.
    """
    hits = np.asarray(row_scores, dtype=np.float64)
    seeds, rows = hits.shape[:2]
    point, resampled = _arm(hits, generator, metric, replicates, groups)
    interval = _combine(point, resampled, units(rows, groups), is_hits(hits, metric))
    deviation = resampled.mean(1) - resampled.mean()
    if seeds > 1:
        drawn = generator.standard_normal((replicates, seeds))
        drawn -= drawn.mean(1, keepdims=True)
        tails = np.sqrt(generator.chisquare(seeds - 1, size=(replicates, 1)) / (seeds - 1))  # normal -> t
        deviation = deviation + (drawn / tails) @ (point - point.mean()) / np.sqrt(seeds * (seeds - 1))
    spread = np.quantile(deviation, 0.975) - np.quantile(deviation, 0.025)
    return interval.value + deviation * ((interval.high - interval.low) / spread if spread > 0 else 1.0)


def is_hits(row_scores: np.ndarray, metric: Metric) -> bool:
    """Are these rights and wrongs, 0 or 1 each, whose mean is the score?"""
    single = metric.from_rows(np.zeros(2)).ndim == 1  # counts are turned into one number
    return single and metric.fraction and not metric.lower_is_better and bool(np.isin(row_scores, (0.0, 1.0)).all())


def units(rows: int, groups: np.ndarray | None) -> int:
    """How many draws a resample has: rows, or groups."""
    return rows if groups is None else int(groups.max()) + 1


def _arm(
    hits: np.ndarray, generator: np.random.Generator, metric: Metric, replicates: int, groups: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Scores of each seed [S] and of each seed on resampled rows [replicates, S]; the same rows for every seed.

    hits [S, rows] or [S, rows, C].
    """
    seeds, rows, *counts = hits.shape
    columns = hits.swapaxes(0, 1).reshape(rows, -1)  # [rows, S * C]
    resampled = resampled_means(columns, generator, replicates=replicates, groups=groups)
    resampled = resampled.reshape(replicates, seeds, *counts)
    return metric.from_rows(hits.mean(1)), metric.from_rows(resampled)


def _combine(point: np.ndarray, resampled: np.ndarray, rows: int, hits: bool) -> Interval:
    """Seeds and rows in one interval. point [S] the score of each seed, resampled [replicates, S] on drawn rows."""
    from scipy.stats import t

    seeds = len(point)
    value = float(point.mean())
    row_part = float(resampled.mean(1).var())
    if hits:  # half a pseudo-row in each discordant cell, so that equal arms are not "surely equal" (Agresti, Min 2005)
        row_part = max(row_part, 1.0 / rows**2)
    if seeds == 1:
        freedom = max(rows - 1.0, 1.0)
        half = float(t.ppf(TAILS[1], freedom)) * row_part**0.5
        return Interval(value, value - half, value + half, 1, rows, row_part**0.5, freedom=freedom)
    seed_part = float(point.var(ddof=1)) / seeds
    residual = resampled - resampled.mean(1, keepdims=True)
    residual -= residual.mean(0)
    twice = float((residual**2).mean()) / (seeds - 1)  # interaction of seeds and rows: inside both parts
    total = max(seed_part + row_part - twice, seed_part, row_part)
    pieces = ((seed_part, seeds - 1), (row_part, rows - 1), (twice, (seeds - 1) * (rows - 1)))
    doubt = sum(part**2 / max(freedom, 1) for part, freedom in pieces)
    freedom = max(total**2 / doubt if doubt > 0 else seeds - 1.0, 1.0)
    if seeds == 2 and seed_part > 0:
        freedom = 1.0  # two seeds that are close by luck hide how far seeds can be apart
    half = float(t.ppf(TAILS[1], freedom)) * total**0.5
    row_error = max(total - seed_part, 0.0) ** 0.5
    between = (seeds * max(seed_part - twice, 0.0)) ** 0.5
    return Interval(value, value - half, value + half, seeds, rows, row_error, seed_part**0.5, freedom, between=between)
