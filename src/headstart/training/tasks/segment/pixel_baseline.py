"""The simple rival of segmentation: a linear model that sees the colours of a pixel and of what lies around it."""

from __future__ import annotations

import numpy as np

from headstart.core.contracts import LinearFit
from headstart.training.linear.solve import fit_classes

_SIGMAS = (1.0, 3.0, 8.0)  # pixels: noise away, an edge, a neighbourhood
_PIXELS = 50_000
_PICTURES = 500  # sampled pixels come from no more pictures: blurring them is what takes time


def surroundings(picture: np.ndarray) -> np.ndarray:
    """What is seen of every pixel of uint8 [C, H, W]: its colours, and blurred ones, float32 [H * W, 4 * C]."""
    from scipy.ndimage import gaussian_filter

    x = picture.astype(np.float32) / 255
    seen = [x, *(gaussian_filter(x, (0, sigma, sigma)) for sigma in _SIGMAS)]
    return np.concatenate(seen).reshape(-1, x.shape[1] * x.shape[2]).T


def fit_pixels(pictures: np.ndarray, classes: np.ndarray, count: int, seed: int) -> LinearFit:
    """Logistic regression on some pixels of pictures uint8 [n, C, H, W]; classes [n, H, W], below 0 where unknown."""
    generator = np.random.default_rng(seed)
    rows = np.sort(generator.permutation(len(pictures))[:_PICTURES])
    share = -(-_PIXELS // len(rows))
    seen: list[np.ndarray] = []
    wanted: list[np.ndarray] = []
    for row in rows:
        known = np.flatnonzero(classes[row].ravel() >= 0)
        some = known[generator.permutation(len(known))[:share]]
        seen.append(surroundings(pictures[row])[some])
        wanted.append(classes[row].ravel()[some])
    return fit_classes(np.concatenate(seen), np.concatenate(wanted), count, solver="logistic", seed=seed)
