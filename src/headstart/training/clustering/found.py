"""Clusters that were found in points: what a method hands over, and which cluster a point belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

CHUNK = 4096  # points at a time: distances to 2,000 landmarks are 32 MB


@dataclass(frozen=True, kw_only=True)
class Found:
    """K clusters, in the form in which a model keeps them.

    A point [P] is placed first: by itself where there are no landmarks, else at the mean of the places of its nearest
    landmarks, weighted by exp(-distance^2 / 2 width^2), brought to length 1. There the clusters are Gaussian, of the
    precision shape @ shape.T. `noisy` says which landmarks are noise, to which no cluster has a claim.

    centres     [K, E], E = P without landmarks
    shapes      [K, E, E]
    logs        [K] log share of each cluster
    landmarks   [M, P], or none
    places      [M, E]
    noisy       [M]
    neighbours  landmarks that place a point
    """

    centres: np.ndarray
    shapes: np.ndarray
    logs: np.ndarray
    landmarks: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    places: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    noisy: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    neighbours: int = 1
    width: float = 1.0

    @classmethod
    def of_centres(cls, centres: np.ndarray, points: np.ndarray, **more: object) -> Found:
        """Clusters of one round shape, whose size is the mean distance of points [n, E] from their nearest centre."""
        apart = squares(points, centres).min(1)
        scale = 1 / np.sqrt(max(float(apart.mean()), 1e-12))
        shapes = np.broadcast_to(scale * np.eye(centres.shape[1]), (len(centres), *2 * centres.shape[1:]))
        fields: Mapping[str, object] = {"shapes": shapes.copy(), "logs": np.zeros(len(centres)), **more}
        return cls(centres=centres, **fields)  # pyright: ignore[reportArgumentType]

    def ordered(self, order: np.ndarray) -> Found:
        """The same clusters in another order."""
        return replace(self, centres=self.centres[order], shapes=self.shapes[order], logs=self.logs[order])

    def numbers(self, points: np.ndarray) -> np.ndarray:
        """The cluster of each point [n, P], -1 for noise."""
        parts = [self._numbers(points[start : start + CHUNK]) for start in range(0, len(points), CHUNK)]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def _numbers(self, points: np.ndarray) -> np.ndarray:
        if not len(self.landmarks):
            return self.nearest(points)
        near, weights = nearest(points, self.landmarks, self.neighbours, self.width)
        placed = unit(np.einsum("ns,nse->ne", weights, self.places[near]))
        return np.where((weights * self.noisy[near]).sum(1) > 0.5, -1, self.nearest(placed))

    def nearest(self, placed: np.ndarray) -> np.ndarray:
        """The cluster of each point that was placed [n, E]."""
        inner = [((placed - centre) @ shape) ** 2 for centre, shape in zip(self.centres, self.shapes, strict=True)]
        return (self.logs - 0.5 * np.stack([one.sum(1) for one in inner], 1)).argmax(1)


def squares(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared distances [n, m], never below zero."""
    return np.maximum((points**2).sum(1)[:, None] - 2 * points @ others.T + (others**2).sum(1), 0)


def nearest(points: np.ndarray, landmarks: np.ndarray, count: int, width: float) -> tuple[np.ndarray, np.ndarray]:
    """The numbers [n, s] of the nearest landmarks of points [n, P], and their weights [n, s], of sum 1."""
    apart = squares(points, landmarks)
    count = min(count, len(landmarks))
    near = np.argpartition(apart, count - 1, 1)[:, :count]
    far = np.take_along_axis(apart, near, 1)
    weights = np.exp(-(far - far.min(1, keepdims=True)) / (2 * width**2))
    return near, weights / weights.sum(1, keepdims=True)


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows [n, E] of length 1."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
