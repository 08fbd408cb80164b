"""How far drawn pictures are from real ones: the Frechet distance between Gaussians of features."""

from __future__ import annotations

import numpy as np


def frechet(one: np.ndarray, other: np.ndarray) -> float:
    """Squared Frechet distance between Gaussians with the means and covariances of features [n, F] and [m, F]."""
    (mean_one, cov_one), (mean_other, cov_other) = _moments(one), _moments(other)
    root = _root(cov_one)
    both = np.linalg.eigvalsh(root @ cov_other @ root).clip(0)
    return float(
        np.square(mean_one - mean_other).sum() + np.trace(cov_one) + np.trace(cov_other) - 2 * np.sqrt(both).sum()
    )


def _moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x = np.asarray(features, np.float64)
    return x.mean(0), np.cov(x, rowvar=False)


def _root(covariance: np.ndarray) -> np.ndarray:
    values, axes = np.linalg.eigh(covariance)
    return (axes * np.sqrt(values.clip(0))) @ axes.T
