"""Which rows to label next: rows that the model is unsure of, unlike each other, each standing for many.

Weighted k-means (Zhdanov 2019, "Diverse mini-batch active learning"): the pool is cut into as many clusters as labels
are asked for, rows weigh by how unsure their answer is, and the row nearest to each centre is taken. With few labels
the weights are nearly even and the rows are typical ones (Hacohen et al. 2022 on why that pays); with more, clusters
move to where the model is unsure. Clusters are seeded away from the rows that are labelled already.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WIDTH = 64  # directions in which rows are compared: of 6,400 features most are noise, and take 100 times as long
ROUNDS = 10
LEAST = 1e-3  # weight of a row of which the model is sure
AT_ONCE = 1 << 22  # distances held at a time
FAR = 0.95  # share of the pool that lies nearer to a labelled row than one that is unlike all of them


@dataclass(frozen=True, slots=True)
class Directions:
    """The main directions of features [n, F]: `of` these, and where further rows lie along them, float32 [m, D]."""

    mean: np.ndarray
    axes: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray) -> Directions:
        """The first 64 principal components, or fewer where there are fewer rows or features."""
        mean = features.mean(0, dtype=np.float64)
        centred = features - mean
        tall = len(centred) >= centred.shape[1]
        values, vectors = np.linalg.eigh(centred.T @ centred if tall else centred @ centred.T)
        kept = np.flatnonzero(values > 1e-9 * max(float(values[-1]), 1e-30))[::-1][:WIDTH]
        axes = vectors[:, kept] if tall else centred.T @ (vectors[:, kept] / np.sqrt(values[kept]))
        return cls(mean.astype(np.float32), axes.astype(np.float32))

    def place(self, features: np.ndarray) -> np.ndarray:
        return (features - self.mean) @ self.axes


@dataclass(frozen=True, slots=True)
class Picked:
    """Chosen rows, the most useful first: their places in the pool [k], how many rows of the pool each stands for [k],
    and which are unlike every labelled row, bool [k]."""

    places: np.ndarray
    stands_for: np.ndarray
    unlike: np.ndarray


def pick(
    points: np.ndarray, doubts: np.ndarray, known: np.ndarray, count: int, generator: np.random.Generator
) -> Picked:
    """At most `count` rows of a pool of points [n, D], of which the model is in doubt by [n] (0 sure, 1 a draw).

    known [m, D]: points of the rows that are labelled. Fewer rows come back where the pool has fewer different ones;
    where it has no more than `count`, all of them, the most doubtful first: as many clusters as rows would take hours.
    """
    away = _nearest(points, known)[1] if len(known) else np.zeros(len(points), np.float32)
    far = away > np.quantile(away, FAR)
    if count >= len(points):
        places = np.argsort(-doubts, kind="stable")
        return Picked(places, np.ones(len(places), np.int64), far[places])
    weights = np.maximum(doubts, LEAST)
    centres = points[_seeds(points, weights, count, generator)]
    for _ in range(ROUNDS):
        own, _ = _nearest(points, centres)
        total = np.bincount(own, weights, minlength=len(centres))
        sums = np.stack([np.bincount(own, weights * axis, minlength=len(centres)) for axis in points.T], 1)
        moved = np.where(total[:, None] > 0, sums / np.maximum(total, 1e-30)[:, None], centres).astype(np.float32)
        if np.allclose(moved, centres):
            break
        centres = moved
    own, distance = _nearest(points, centres)
    order = np.lexsort((np.arange(len(points)), distance, own))  # of each cluster the row nearest to its centre first
    clusters, first = np.unique(own[order], return_index=True)
    places, doubt = order[first], np.bincount(own, weights, minlength=len(centres))[clusters]
    ranked = np.argsort(-doubt, kind="stable")
    return Picked(places[ranked], np.bincount(own)[clusters][ranked], far[places[ranked]])


def _seeds(points: np.ndarray, weights: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """Rows drawn one after the other, each by its weight and its squared distance to those before it (k-means++, Arthur
    and Vassilvitskii 2007); no two are equal."""
    chosen, chance = list[int](), weights
    away = np.full(len(points), np.inf)
    while len(chosen) < count and chance.sum() > 0:
        chosen.append(int(generator.choice(len(points), p=chance / chance.sum())))
        away = np.minimum(away, _nearest(points, points[chosen[-1:]])[1])
        chance = weights * away
    return np.array(chosen, np.int64)


def _nearest(points: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest centre of each point [n] and its squared distance [n], a block of points at a time."""
    own, least = np.empty(len(points), np.int64), np.empty(len(points), np.float32)
    norms = np.square(centres).sum(1)
    step = max(1, AT_ONCE // len(centres))
    for start in range(0, len(points), step):
        some = points[start : start + step]
        apart = norms - 2 * some @ centres.T  # [rows, centres], but for the norm of the row
        near = apart.argmin(1)
        own[start : start + step] = near
        squared = apart[np.arange(len(some)), near] + np.square(some).sum(1)
        least[start : start + step] = np.where(squared < 1e-6 * norms[near], 0, squared)  # rounding is no distance
    return own, least
