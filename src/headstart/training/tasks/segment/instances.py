"""Objects that touch: what a network learns so that they can be told apart, and how they are."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

_DEEPEST = 12  # pixels from the border that are told apart: the cores of larger objects are all that lies deeper


def cores(numbers: Tensor) -> Tensor:
    """Which pixels lie in the deeper half of their object, bool [B, H, W]; numbers [B, H, W], 0 and less is none.

    Depth counts how often an object can be peeled until the pixel is gone. Cores of objects that touch do not touch,
    and every object has one, however small: seeds to grow objects from (as the inner class and the distance maps of
    Caicedo et al., Nature Methods 2019, "Nucleus segmentation across imaging experiments").
    """
    n = numbers.float()[:, None]  # [B, 1, H, W]; exact to 2^24
    same = (F.max_pool2d(n, 3, 1, 1) == n) & (-F.max_pool2d(-n, 3, 1, 1) == n)
    depth = inside = (n > 0).float()
    left = inside * same
    for _ in range(_DEEPEST - 1):
        depth = depth + left
        left = -F.max_pool2d(-left, 3, 1, 1)
    most = int(numbers.max().clamp_min(0)) + 1
    rows = torch.arange(len(numbers), device=numbers.device)[:, None, None]
    owner = (numbers.clamp_min(0).long() + rows * most).flatten()
    peaks = torch.zeros(len(numbers) * most, device=numbers.device).scatter_reduce(0, owner, depth.flatten(), "amax")
    return (inside[:, 0] > 0) & (depth[:, 0] > peaks[owner].view_as(depth[:, 0]) / 2)


def parted(inside: np.ndarray, core: np.ndarray) -> np.ndarray:
    """Numbers of objects from 1 on, int32 [h, w]: pieces of the cores, grown to the nearest pixels inside.

    A piece that has no core is an object of its own. inside, core bool [h, w].
    """
    from scipy.ndimage import distance_transform_edt

    pieces = _pieces(inside)
    if not inside.any():
        return pieces
    core = core & inside
    cored = np.zeros(pieces.max() + 1, bool)
    cored[pieces[core]] = True
    seeds = _pieces(core | (inside & ~cored[pieces]))
    near = distance_transform_edt(seeds == 0, return_distances=False, return_indices=True)
    assert isinstance(near, np.ndarray)
    return np.where(inside, seeds[tuple(near)], 0)


def without_small(numbers: np.ndarray, least: int) -> np.ndarray:
    """Objects of at least so many pixels, numbered from 1 on, int32 [h, w]."""
    kept = np.bincount(numbers.ravel()) >= max(least, 1)
    kept[0] = False
    return (np.cumsum(kept) * kept).astype(np.int32)[numbers]


def _pieces(where: np.ndarray) -> np.ndarray:
    """Numbers of connected pieces, int32 [h, w]; corners connect."""
    from scipy.ndimage import label

    found = np.zeros(where.shape, np.int32)
    label(where, np.ones((3, 3)), found)
    return found


def matched(predicted: np.ndarray, truth: np.ndarray) -> tuple[int, int, int]:
    """Objects found, invented and missed; found are those that share more than half of their union with a true one.

    No two objects can share so much with the same (Kirillov et al., CVPR 2019, "Panoptic Segmentation", section 4.1).
    """
    ids, one = np.unique(predicted, return_inverse=True)
    true_ids, other = np.unique(truth, return_inverse=True)
    shared = np.bincount(one.ravel() * len(true_ids) + other.ravel(), minlength=len(ids) * len(true_ids))
    shared = shared.reshape(len(ids), len(true_ids))
    union = shared.sum(1, keepdims=True) + shared.sum(0, keepdims=True) - shared
    right = int((shared / union > 0.5)[ids > 0][:, true_ids > 0].sum())
    return right, int((ids > 0).sum()) - right, int((true_ids > 0).sum()) - right
