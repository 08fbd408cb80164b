"""How clusters are found: k-means, a mixture of Gaussians, HDBSCAN, and k-means on a graph of landmarks.

A method looks at the points once (`look`), and is then asked for so many clusters (`cut`), which is quick.
"""

from __future__ import annotations

import importlib
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from headstart.core.errors import ContractError
from headstart.training.clustering.found import Found, nearest, squares, unit

LANDMARKS, NEIGHBOURS = 1000, 5  # of Chen and Cai
FEWEST = 10  # points of a piece
MOST_ROWS = 2000  # points of which HDBSCAN makes its tree and UMAP its layout, and that are kept


class Method(ABC):
    """Points [n, P] that were looked at.

    counted  it is asked for a number of clusters, else it finds that by itself
    pieces   groups of points that nothing joins, if it joins points
    """

    counted: ClassVar[bool] = True
    pieces: int = 1

    def __init__(self, points: np.ndarray, seed: int, most: int, *, tries: int = 5) -> None:
        self.points, self.seed, self.tries = points, seed, tries

    def place(self, points: np.ndarray) -> np.ndarray:
        """Where points [n, P] lie as the method sees them, [n, E]."""
        return points

    def placed(self, placed: np.ndarray, count: int) -> np.ndarray:
        """The same for so many clusters."""
        return placed

    @abstractmethod
    def cut(self, count: int) -> Found:
        """So many clusters; a method that is not counted finds its own number."""


class KMeans(Method):
    """Centres whose points lie nearest to them (Lloyd 1982)."""

    def cut(self, count: int) -> Found:
        return Found.of_centres(k_means(self.points, count, self.seed, tries=self.tries), self.points)


class Mixture(Method):
    """A mixture of Gaussians of any shape, fitted by expectation and maximisation, begun from k-means."""

    AXES = 10  # of the points: a full covariance of 50 has 1,275 numbers

    def cut(self, count: int) -> Found:
        from sklearn.mixture import GaussianMixture

        width = self.points.shape[1]
        few = self.points[:, : self.AXES].astype(np.float64)
        spread = float(few.var(0).mean())
        made = GaussianMixture(count, random_state=self.seed, reg_covar=1e-4 * max(spread, 1e-12), max_iter=200)
        made.fit(few)
        inner = few.shape[1]
        shapes, centres = np.zeros((count, width, width)), np.zeros((count, width))
        shapes[:, :inner, :inner], centres[:, :inner] = made.precisions_cholesky_, made.means_
        volume = np.log(np.diagonal(shapes[:, :inner, :inner], axis1=1, axis2=2)).sum(1)
        return Found(centres=centres, shapes=shapes, logs=np.log(np.asarray(made.weights_)) + volume)


class _OnLandmarks(Method):
    """Points lie between the `places` [m, E] of their nearest `landmarks` [m, P], by Gaussian weights of `width`."""

    landmarks: np.ndarray
    places: np.ndarray
    width: float

    def place(self, points: np.ndarray) -> np.ndarray:
        near, weights = nearest(points, self.landmarks, NEIGHBOURS, self.width)
        return np.einsum("ns,nse->ne", weights, self.places[near])


class Spectral(_OnLandmarks):
    """k-means on the eigenvectors of a graph, in which points are near that are near to the same landmarks.

    Chen and Cai (AAAI 2011): landmarks by k-means, five nearest each, Gaussian weights of the mean distance.
    """

    def __init__(self, points: np.ndarray, seed: int, most: int, *, tries: int = 5) -> None:
        super().__init__(points, seed, most, tries=tries)
        count = min(LANDMARKS, max(most + 1, len(points) // 4))
        self.landmarks = k_means(points, count, seed, tries=1, rounds=10)
        apart = np.sqrt(np.sort(squares(points, self.landmarks), 1)[:, :NEIGHBOURS])
        self.width = max(float(apart.mean()), 1e-12)
        near, weights = nearest(points, self.landmarks, NEIGHBOURS, self.width)
        self.places = _axes(near, weights, count, most)
        self.own = np.einsum("ns,nse->ne", weights, self.places[near])  # [n, most]
        self.pieces = _pieces(near, count)

    def placed(self, placed: np.ndarray, count: int) -> np.ndarray:
        return unit(placed[:, :count])

    def cut(self, count: int) -> Found:
        placed = self.placed(self.own, count)
        centres = k_means(placed, count, self.seed, tries=self.tries)
        return Found.of_centres(
            centres, placed, landmarks=self.landmarks, places=self.places[:, :count], width=self.width,
            noisy=np.zeros(len(self.landmarks)), neighbours=NEIGHBOURS,
        )  # fmt: skip


class Umap(_OnLandmarks):
    """k-means where UMAP lays the neighbour graph of up to 2,000 points (McInnes et al. 2018); the nearest five of them
    say where another point belongs. Needs umap-learn."""

    AXES, AROUND = 5, 15  # of the layout; neighbours of the graph

    def __init__(self, points: np.ndarray, seed: int, most: int, *, tries: int = 5) -> None:
        super().__init__(points, seed, most, tries=tries)
        some = np.sort(np.random.default_rng(seed).permutation(len(points))[:MOST_ROWS])
        self.landmarks = points[some]
        self.places = _laid(self.landmarks, self.AXES, min(self.AROUND, max(2, len(some) - 1)), seed)
        apart = np.sqrt(np.sort(squares(self.landmarks, self.landmarks), 1)[:, 1 : NEIGHBOURS + 1])
        self.width = max(float(apart.mean()), 1e-12)
        self.own = self.place(points)

    def cut(self, count: int) -> Found:
        centres = k_means(self.places, count, self.seed, tries=self.tries)
        votes = np.eye(count)[squares(self.places, centres).argmin(1)]  # a new row goes where its neighbours are
        return Found.of_centres(
            np.eye(count), votes + 1e-3, landmarks=self.landmarks, places=votes, width=self.width,
            noisy=np.zeros(len(self.landmarks)), neighbours=NEIGHBOURS,
        )  # fmt: skip


def _laid(points: np.ndarray, axes: int, around: int, seed: int) -> np.ndarray:
    """The layout of points [n, P] by UMAP, float64 [n, axes]; ContractError where it is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that TensorFlow is not there, and that a seed means one thread
        try:
            umap: Any = importlib.import_module("umap")
        except ImportError as cause:
            raise ContractError(
                921, "umap-learn is not installed", where="task.method", found="umap",
                fix='pip install "headstart[umap]", or leave task.method out',
            ) from cause  # fmt: skip
        made = umap.UMAP(n_neighbors=around, min_dist=0.0, n_components=axes, random_state=seed)
        return np.asarray(made.fit_transform(points), np.float64)


class Hdbscan(Method):
    """Dense regions of the tree of mutual reachability, the rest is noise (Campello, Moulavi and Sander 2013)."""

    counted: ClassVar[bool] = False

    def cut(self, count: int) -> Found:
        from sklearn.cluster import HDBSCAN

        some = np.sort(np.random.default_rng(self.seed).permutation(len(self.points))[:MOST_ROWS])
        kept = self.points[some]
        numbers = HDBSCAN(min_cluster_size=max(5, len(kept) // 100), copy=True).fit_predict(kept)  # pyright: ignore[reportArgumentType]
        found = max(1, int(numbers.max()) + 1)
        places = np.eye(found)[np.maximum(numbers, 0)]
        return Found.of_centres(
            np.eye(found),
            places + 1e-3,
            landmarks=kept,
            places=places,
            noisy=(numbers < 0).astype(np.float64),
            neighbours=2,
            width=1e-3,  # the nearest decides; the second tells how far a row is that was kept itself
        )


METHODS: Mapping[str, type[Method]] = MappingProxyType(
    {"spectral": Spectral, "kmeans": KMeans, "mixture": Mixture, "umap": Umap, "hdbscan": Hdbscan}
)


def k_means(points: np.ndarray, count: int, seed: int, *, tries: int = 5, rounds: int = 100) -> np.ndarray:
    """Centres [count, P] of points [n, P]."""
    from sklearn.cluster import KMeans as Lloyd

    made = Lloyd(count, n_init=tries, max_iter=rounds, random_state=seed).fit(points)  # pyright: ignore[reportArgumentType]
    return np.asarray(made.cluster_centers_)


def _pieces(near: np.ndarray, count: int) -> int:
    """Groups of at least ten points that share no landmark with others."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    rows = np.repeat(np.arange(len(near)), near.shape[1])
    graph = csr_matrix((np.ones(near.size), (rows, len(near) + near.ravel())), shape=2 * (len(near) + count,))
    _, numbers = connected_components(graph, directed=False)
    return int((np.bincount(numbers[: len(near)]) >= FEWEST).sum())


def _axes(near: np.ndarray, weights: np.ndarray, count: int, most: int) -> np.ndarray:
    """Where landmarks lie in the eigenvectors of the graph, [count, most]."""
    from scipy.linalg import eigh
    from scipy.sparse import csr_matrix

    rows = np.repeat(np.arange(len(near)), near.shape[1])
    graph = csr_matrix((weights.ravel(), (rows, near.ravel())), shape=(len(near), count))
    degrees = np.maximum(np.asarray(graph.sum(0)).ravel(), 1e-12) ** -0.5
    gram = np.asarray((graph.T @ graph).todense()) * degrees[:, None] * degrees
    values, vectors = eigh(gram, subset_by_index=(count - most, count - 1))
    values, vectors = values[::-1], vectors[:, ::-1]
    signs = np.sign(vectors[np.abs(vectors).argmax(0), np.arange(most)])  # an eigenvector has no sign of its own
    return degrees[:, None] * vectors * signs / np.sqrt(np.maximum(values, 1e-9)) * np.sqrt(len(near))
