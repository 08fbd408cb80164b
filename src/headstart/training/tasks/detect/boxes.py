"""Boxes as numbers: how much they overlap, and which of several say the same. Left, top, right, bottom everywhere."""

import numpy as np
import torch
from torch import Tensor


def area(boxes: Tensor) -> Tensor:
    """[..., 4] -> [...]; 0 where an edge has passed its opposite."""
    return (boxes[..., 2:] - boxes[..., :2]).clamp_min(0).prod(-1)


def pairwise_iou(one: Tensor, other: Tensor) -> Tensor:
    """Intersection over union of every pair: [..., n, 4] and [..., m, 4] -> [..., n, m]."""
    low = torch.maximum(one[..., :, None, :2], other[..., None, :, :2])
    both = (torch.minimum(one[..., :, None, 2:], other[..., None, :, 2:]) - low).clamp_min(0).prod(-1)
    return both / (area(one)[..., :, None] + area(other)[..., None, :] - both).clamp_min(1e-9)


def overlap(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and generalised IoU (Rezatofighi et al., CVPR 2019, algorithm 1) of boxes one by one, [..., 4] -> [...]."""
    low, high = torch.maximum(one[..., :2], other[..., :2]), torch.minimum(one[..., 2:], other[..., 2:])
    both = (high - low).clamp_min(0).prod(-1)
    union = (area(one) + area(other) - both).clamp_min(1e-9)
    hull = (torch.maximum(one[..., 2:], other[..., 2:]) - torch.minimum(one[..., :2], other[..., :2])).prod(-1)
    iou = both / union
    return iou, iou - (hull - union) / hull.clamp_min(1e-9)


def distinct(boxes: Tensor, scores: Tensor, kinds: Tensor, most_shared: float) -> Tensor:
    """Places of boxes that no better one of the same kind covers by more than `most_shared`, the best first.

    Greedy suppression; boxes [n, 4], scores and kinds [n]. One IoU matrix, then a look at each box on the host.
    """
    order = scores.argsort(descending=True, stable=True)
    boxes, kinds = boxes[order], kinds[order]
    covers = (pairwise_iou(boxes, boxes) > most_shared) & (kinds[:, None] == kinds)
    covers = covers.triu(1).cpu().numpy()
    gone, kept = np.zeros(len(covers), bool), list[int]()
    for place in range(len(covers)):
        if not gone[place]:
            kept.append(place)
            gone |= covers[place]
    return order[torch.tensor(kept, dtype=torch.int64, device=order.device)]
