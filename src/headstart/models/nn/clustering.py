"""Clusters of small pieces of pictures: random patches, whitening, k-means."""

import torch
import torch.nn.functional as F
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
    return (patches - mean) / (patches.var(-1, keepdim=True, unbiased=False) + contrast).sqrt()


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
    """The direction that explains every point best, and how far along it the point lies. [n, P], [K, P] -> [n], [n].

    `centres` have length 1, so along² is the part of the squared length that is explained.
    """
    along, which = (points @ centres.T).max(1)  # [n, K] -> [n]
    return which, along


def spherical_k_means(points: Tensor, count: int, rounds: int) -> Tensor:
    """Directions [count, P] of length 1 for points [n, P] that come in random order (Coates and Ng 2012, section 2).

    A point pulls its direction as strongly as it lies along it, so that faint patches hardly count. A direction without
    points starts again from another point.
    """
    centres = F.normalize(points[:count], dim=1)
    for number in range(1, rounds + 1):
        sums, sizes = torch.zeros_like(centres), points.new_zeros(count)
        for part in points.split(_CHUNK):
            which, along = nearest(part, centres)
            sums.index_add_(0, which, part * along[:, None])
            sizes += torch.bincount(which, minlength=count)
        empty = (sizes == 0).nonzero()[:, 0]
        sums[empty] = points[(number * count + empty) % len(points)]
        centres = F.normalize(sums, dim=1)
    return centres
