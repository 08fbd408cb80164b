"""How many clusters there are: as many as come out again from other rows, and of which two have fewer rows between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headstart.training.clustering.methods import Method

DRAWS, ROWS = 3, 10_000
NEAR, CLEAN, ENOUGH = (
    0.1,
    0.05,
    0.6,
)  # second: where the best is nearly 1; agreement below the best that will do, and a best that is worth anything
HOPELESS, POOR = 6, 0.3  # after so many numbers in a row with so little agreement, no more are tried
COUNTS = (*range(2, 13), 14, 16, 18, 20, 25, 30, 40)
LEAST = 10  # rows a cluster
DOUBT = 0.01  # chance that points without clusters are said to have some


@dataclass(frozen=True, slots=True)
class Choice:
    """How many clusters there are, and why. `curve` holds the agreement of halves by number of clusters."""

    count: int
    why: str
    curve: Sequence[tuple[int, float]]


def choose(method: type[Method], points: np.ndarray, seed: int) -> Choice:
    """The number of clusters of points [n, P]: the largest at which two halves of them agree on the clusters of points
    (mean adjusted Rand index of 3 draws) to 0.1 of the best, or 0.05 where
    that is above 0.99, 1 where nothing speaks for clusters.

    Halves of one long cloud also agree on where to cut it. So the clusters of one half must also be seen in the other:
    between two of them its points must be fewer than at either, along the line that parts them best; or nothing joins
    them in the graph of a method that has one.
    """
    counts = [count for count in COUNTS if count * LEAST <= min(len(points), ROWS) // 2]
    if not counts:
        return Choice(1, f"{len(points):,} rows are too few to look for clusters", ())
    halves, looked, seen = list[list[np.ndarray]](), list[list[Method]](), list[list[np.ndarray]]()
    for draw in range(DRAWS):
        order = np.random.default_rng([seed, draw]).permutation(len(points))[:ROWS]
        halves.append(np.array_split(points[order], 2))
        looked.append([method(half, seed, max(counts), tries=2) for half in halves[-1]])
        seen.append([look.place(points[order]) for look in looked[-1]])
    curve, apart = list[tuple[int, float]](), list[float]()
    for count in counts:
        found = [_agreement(*each, count) for each in zip(halves, looked, seen, strict=True)]
        curve.append((count, float(np.mean([one for one, _ in found]))))
        chance = float(np.median([chance for _, chance in found]))
        apart.append(0.0 if min(look.pieces for each in looked for look in each) >= count else chance)
        if len(curve) >= HOPELESS and max(value for _, value in curve[-HOPELESS:]) < POOR:
            break
    return _chosen(curve, apart)


def _agreement(
    halves: Sequence[np.ndarray], looked: Sequence[Method], seen: Sequence[np.ndarray], count: int
) -> tuple[float, float]:
    """The adjusted Rand index of both halves' clusters, and the chance that the first half's are none. `seen` is where
    each half's method places all points."""
    from sklearn.metrics import adjusted_rand_score

    numbers = [look.cut(count).nearest(look.placed(placed, count)) for look, placed in zip(looked, seen, strict=True)]
    mine, theirs = np.split(numbers[0], [len(halves[0])])
    return float(adjusted_rand_score(*numbers)), chance_of_none(halves[0], mine, halves[1], theirs)


def _chosen(curve: Sequence[tuple[int, float]], apart: Sequence[float]) -> Choice:
    seen = [(count, value) for (count, value), chance in zip(curve, apart, strict=True) if chance < DOUBT]
    if not seen:
        why = "no clusters were found: between no two groups do rows become fewer, so that all rows are one cloud"
        return Choice(1, f"{why} (task.clusters=N cuts it all the same)", curve)
    best = max(value for _, value in seen)
    near = CLEAN if best > 0.99 else NEAR
    count = max(count for count, value in seen if value >= best - near)
    why = f"{count} is the largest number of clusters on which halves of the rows agree to within {near} of the best"
    among = "" if len(seen) == len(curve) else ", of those numbers at which rows become fewer between clusters"
    return Choice(count, f"{why}{among}", curve)


def chance_of_none(own: np.ndarray, mine: np.ndarray, others: np.ndarray, theirs: np.ndarray) -> float:
    """How likely other points [m, P] look as they do between a cluster and all the rest, if all were one cloud: the
    smallest chance over the clusters, times their number.

    Clusters [n], [m] were found in points of one half [n, P], and so were the lines on which the other half is looked
    at. Of a cloud whose density is log-concave, as that of a Gaussian or a box, every shadow on a line has one peak.
    """
    numbers = [k for k in np.unique(mine) if (mine == k).sum() >= LEAST and (theirs == k).sum() >= LEAST]
    if len(numbers) < 2:
        return 1.0
    means = np.stack([own[mine == k].mean(0) for k in numbers])
    spread = [own[mine == k] - mean for k, mean in zip(numbers, means, strict=True)]
    inside = np.cov(np.concatenate(spread).T).reshape(own.shape[1], own.shape[1])
    inside += (0.1 * np.trace(inside) / len(inside) + 1e-12) * np.eye(len(inside))
    chances = list[float]()
    for place, k in enumerate(numbers):
        line = np.linalg.solve(inside, means[place] - own[mine != k].mean(0))  # Fisher 1936
        shadow = others @ line
        chances.append(valley(shadow, float(np.median(shadow[theirs == k])), float(np.median(shadow[theirs != k]))))
    return min(1.0, min(chances) * len(chances))


def valley(shadow: np.ndarray, a: float, b: float) -> float:
    """The chance that numbers [n] are so few half-way between two places, if they had one peak.

    A density with one peak is nowhere between two places lower than at the lower of them; nor are counts in windows of
    one width.
    """
    from scipy.stats import binomtest

    half = abs(b - a) / 8
    one, middle, other = (int((np.abs(shadow - place) <= half).sum()) for place in (a, (a + b) / 2, b))
    least = min(one, other)
    return float(binomtest(middle, middle + least, 0.5, alternative="less").pvalue) if least else 1.0
