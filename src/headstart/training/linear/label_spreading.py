"""Classes of rows that nobody labelled, from few that somebody did: by the neighbours they lie among."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from headstart.training.linear.projection import Space

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

AXES, NEAR_AXES = 500, 100  # principal axes in which rows are fitted, and those in which they are compared
NEIGHBOURS = 10
SAMPLED = 4_000  # rows that say where the axes lie
KEPT, ROUNDS = 0.9, 30
"""What a row takes from its neighbours in a round; .8 and .95 gave the same within .002 on Fashion-MNIST."""

SHARPNESS = 2.0  # of a linear model's logits before they are spread; 1 and 4 gave the same within .002


@dataclass(frozen=True, slots=True)
class Crowd:
    """Rows in their main axes [n, r], and how near they are to each other [n, n], as a symmetric matrix of row sums
    about 1."""

    space: Space
    rows: np.ndarray
    near: csr_matrix


def crowd(features: np.ndarray, seed: int) -> Crowd:
    """Features [n, F] -> rows in at most 500 axes, and the graph of ten nearest neighbours by cosine.

    The axes that tell most are held back a little (divided by the root of their deviation), so that the brightest
    direction does not alone decide who is near.
    """
    from sklearn.utils.extmath import randomized_svd

    some = features[np.random.default_rng(seed).permutation(len(features))[:SAMPLED]]
    even = replace(Space.of(some), basis=None)
    _, lengths, across = randomized_svd(even.enter(some), min(AXES, *some.shape), random_state=seed)
    kept = lengths > 1e-6 * max(float(lengths.max()), 1e-12)
    space = replace(even, basis=across[kept].T.astype(np.float32))
    rows = np.concatenate([space.enter(part) for part in np.array_split(features, 1 + len(features) // SAMPLED)])
    deviations = lengths[kept][:NEAR_AXES] / len(some) ** 0.5
    return Crowd(space, rows, _graph(rows[:, :NEAR_AXES] / np.sqrt(deviations)))


def _graph(rows: np.ndarray) -> csr_matrix:
    """Who is near whom: exp(-distance / usual distance) to each of the nearest, made symmetric, degrees evened out."""
    from scipy.sparse import csr_matrix, diags
    from sklearn.neighbors import NearestNeighbors

    count = len(rows)
    long = np.ascontiguousarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)
    finder = NearestNeighbors(n_neighbors=min(NEIGHBOURS, count - 1), algorithm="brute").fit(long)
    far, index = finder.kneighbors()  # without a row itself
    apart = np.square(far) / 2  # 1 - cosine
    usual = max(float(np.median(apart[:, -1])), 1e-12)
    places = np.repeat(np.arange(count), index.shape[1]), index.ravel()
    one_way = csr_matrix((np.exp(-apart / usual).ravel(), places), shape=(count, count))
    either = one_way.maximum(one_way.T)
    degrees = diags(np.asarray(either.sum(1)).ravel() ** -0.5)
    return csr_matrix(degrees @ either @ degrees)


def spread(near: csr_matrix, logits: np.ndarray, labelled: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Class shares of all rows [n, K], from a linear model's logits [n, K] and the classes y [m] of the known rows [m].

    Zhou et al. (NeurIPS 2003), begun with what a linear model says instead of with nothing, and evened out half-way to
    the shares that classes have among the known rows.
    """
    share = np.bincount(y, minlength=logits.shape[1]) / len(y)
    begun = _evened(np.exp(SHARPNESS * (logits - logits.max(1, keepdims=True))), share)
    begun[labelled] = np.eye(len(share))[y]
    now = begun
    for _ in range(ROUNDS):
        now = KEPT * (near @ now) + (1 - KEPT) * begun
    return _evened(now, share)


def _evened(shares: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Shares [n, K] of sum 1 a row, the columns moved towards the wanted mean [K]."""
    shares = shares / np.maximum(shares.sum(1, keepdims=True), 1e-12)
    for _ in range(5):
        shares = shares * np.sqrt(wanted / np.maximum(shares.mean(0), 1e-12))
        shares /= np.maximum(shares.sum(1, keepdims=True), 1e-12)
    return shares
