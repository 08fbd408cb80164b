"""How far drawn pictures are from real ones: the Frechet distance between Gaussians of their features."""

from __future__ import annotations

import numpy as np


def frechet(one: np.ndarray, other: np.ndarray) -> float:
    """Squared Frechet distance of the Gaussians with the means and covariances of features [n, F] and [m, F].

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), with Inception's features known as FID (Heusel et al. NeurIPS 2017).
    Numbers compare only with the same features and the same n and m: covariances of few rows are off, which makes the
    distance too large by about a constant / n (Chong and Forsyth, CVPR 2020). That of two halves of the real rows says
    by how much.
    """
    (mean_one, cov_one), (mean_other, cov_other) = _moments(one), _moments(other)
    root = _root(cov_one)
    # tr (C1 C2)^(1/2) is that of the symmetric (C1^(1/2) C2 C1^(1/2))^(1/2), whose eigenvalues are real
    crossed = np.sqrt(np.linalg.eigvalsh(root @ cov_other @ root).clip(0)).sum()
    apart = np.square(mean_one - mean_other).sum()
    return float(apart + np.trace(cov_one) + np.trace(cov_other) - 2 * crossed)


def gaussian_rows(rows: np.ndarray, axes: int, count: int, *, seed: int) -> np.ndarray:
    """What a painter must beat: rows drawn from a Gaussian along the first principal axes of uint8 rows [n, ...].

    uint8 [count, ...], cut to what a pixel can be.
    """
    flat = rows.reshape(len(rows), -1).astype(np.float64)
    mean, covariance = _moments(flat)
    values, directions = np.linalg.eigh(covariance)  # ascending
    spread = directions[:, -axes:] * np.sqrt(values[-axes:].clip(0))  # [P, axes]
    drawn = mean + np.random.default_rng(seed).standard_normal((count, spread.shape[1])) @ spread.T
    return drawn.round().clip(0, 255).astype(np.uint8).reshape(count, *rows.shape[1:])


def _moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x = np.asarray(features, np.float64)
    return x.mean(0), np.atleast_2d(np.cov(x, rowvar=False))


def _root(covariance: np.ndarray) -> np.ndarray:
    """The symmetric square root."""
    values, axes = np.linalg.eigh(covariance)
    return (axes * np.sqrt(values.clip(0))) @ axes.T
