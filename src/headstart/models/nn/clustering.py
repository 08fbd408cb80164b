"""Clusters of small pieces of pictures: random patches, whitening, k-means."""

from __future__ import annotations

import torch
from torch import Tensor

from headstart.core.random import uniform

_CHUNK = 16_384  # points compared with all centres at once: 100 MB for 1 600 centres


def random_patches(x: Tensor, key: Tensor, size: int, count: int, stream: int) -> Tensor:
    """`count` patches of every picture, where its key says. x [B, C, H, W] -> [B, count, C * size * size]."""
    b, _, h, w = x.shape
    place = uniform(key, 2 * count, stream)  # [B, 2 * count]
    top = (place[:, :count] * (h - size + 1)).long()
    left = (place[:, count:] * (w - size + 1)).long()
    windows = x.unfold(2, size, 1).unfold(3, size, 1).permute(0, 2, 3, 1, 4, 5)  # [B, h', w', C, size, size], a view
    return windows[torch.arange(b, device=x.device)[:, None], top, left].flatten(2)


def even_contrast(patches: Tensor, contrast: float) -> Tensor:
    """Every patch to mean 0 and standard deviation 1, with `contrast` added to its variance. [n, P] -> [n, P]."""
    mean = patches.mean(-1, keepdim=True)
    variance = patches.var(-1, keepdim=True, unbiased=False)
    return (patches - mean) / (variance + contrast).sqrt()


def zca(points: Tensor, regular: float) -> tuple[Tensor, Tensor]:
    """The symmetric map [P, P] and the mean [P] that whiten points [n, P] (Bell and Sejnowski 1997).

    `regular` is added to the variance of every direction: without it directions of mere noise would count as much.
    """
    mean = points.mean(0)
    centred = points - mean
    variance, directions = torch.linalg.eigh((centred.T @ centred / len(points)).double())
    whitening = directions * (variance.clamp_min(0) + regular).rsqrt() @ directions.T
    return whitening.to(points.dtype), mean


def nearest(points: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    """The nearest centre of every point, and the squared distance to it. [n, P], [K, P] -> [n] int64, [n]."""
    half = centres.square().sum(1) / 2  # [K]
    best, which = torch.addmm(-half, points, centres.T).max(1)  # [n, K] -> [n]
    return which, (points.square().sum(1) - 2 * best).clamp_min(0)


def k_means(points: Tensor, count: int, iterations: int) -> Tensor:
    """Centres [count, P] of points [n, P] that come in random order: Lloyd's rounds from the first `count` points.

    A centre that loses all its points starts again from the point that fits worst.
    """
    centres = points[:count].clone()
    for _ in range(iterations):
        sums, sizes = torch.zeros_like(centres), points.new_zeros(count)
        far: list[Tensor] = []
        for part in points.split(_CHUNK):
            which, distance = nearest(part, centres)
            sums.index_add_(0, which, part)
            sizes += torch.bincount(which, minlength=count)
            far.append(distance)
        empty = (sizes == 0).nonzero()[:, 0]
        sums[empty] = points[torch.cat(far).topk(len(empty)).indices]
        centres = sums / sizes.clamp_min(1)[:, None]
    return centres
