"""Boxes from the places of several maps: which place answers for which box, how it says one, and what a mistake costs.

Without anchors, as FCOS (Tian et al., ICCV 2019) does, with centres and sides instead of distances to four edges, so
that a place outside of a tiny box can answer for it; quality instead of centerness (Li et al., NeurIPS 2020).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from headstart.training.tasks.detect.boxes import area, overlap

USUAL = 4.0  # side of the box that an untrained place says, in units of the distance between places
_LEAST, _MOST = 2.0, 8.0  # sides of boxes, in the same unit, that a map answers for
_FURTHEST = 4.0  # of log(side / usual side): 200 times the place, or a 14th


@dataclass(frozen=True, slots=True)
class Places:
    """All places of all maps in a row. centre [P, 2] across and down, cell [P, 2] width and height, all in pixels."""

    centre: Tensor
    cell: Tensor

    @classmethod
    def of(cls, picture: tuple[int, int], sizes: Sequence[tuple[int, int]]) -> Places:
        """The places of maps of such (height, width) over a picture (height, width)."""
        centres, cells = [], []
        for rows, columns in sizes:
            cell = torch.tensor([picture[1] / columns, picture[0] / rows])
            down, across = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
            centres.append((torch.stack([across, down], 2).flatten(0, 1) + 0.5) * cell)
            cells.append(cell.expand(rows * columns, 2))
        return cls(torch.cat(centres), torch.cat(cells))


def decoded(raw: Tensor, places: Places) -> Tensor:
    """What places say, [..., P, 4], -> boxes in pixels: how far away the centre is, and the logarithm of the sides."""
    centre = places.centre + raw[..., :2] * places.cell
    half = raw[..., 2:].clamp(-_FURTHEST, _FURTHEST).exp() * places.cell * (USUAL / 2)
    return torch.cat([centre - half, centre + half], -1)


def spread(sizes: Sequence[float], strides: Sequence[float]) -> tuple[int, int]:
    """Which maps suit boxes whose small and large ones have such sides (pixels): the first, and how many.

    `strides` are those of the maps there are. The first is the coarsest on which a small box is two places wide; below
    0 it is one that has to be made, finer than any. The last is the finest on which a large box is at most eight.
    """
    first = max((place for place, stride in enumerate(strides) if stride <= sizes[0] / _LEAST), default=0)
    if strides[0] > sizes[0] / _LEAST:
        first = -min(2, math.ceil(math.log2(strides[0] * _LEAST / sizes[0])))
    finest = strides[max(first, 0)] * 2.0 ** min(first, 0)
    return first, 1 + max(0, math.ceil(math.log2(sizes[-1] / (_MOST * finest))))


def owners(boxes: Tensor, places: Places, radius: float) -> Tensor:
    """The box that each place answers for, [B, M, 4] -> [B, P]: its number, -1 for none.

    A place takes a box whose centre is at most `radius` places away and whose sides are 2 to 8 places long; every box
    is taken at least by the place nearest to its centre on the map where it is nearest to 4. Of several boxes a place
    takes the smallest (as FCOS, section 3.2).
    """
    side = area(boxes).sqrt()  # [B, M]
    there = side > 0
    ratio = side[:, None] / places.cell.prod(1).sqrt()[:, None]  # [B, P, M]
    middle = (boxes[..., :2] + boxes[..., 2:]) / 2
    away = ((middle[:, None] - places.centre[:, None]) / places.cell[:, None]).abs()  # [B, P, M, 2]
    inside = ((places.centre[:, None] - middle[:, None]).abs() * 2 < (boxes[..., 2:] - boxes[..., :2])[:, None]).all(-1)
    takes = (away.amax(-1) <= radius) & inside & (ratio >= _LEAST) & (ratio <= _MOST)
    off = (ratio.clamp_min(1e-6) / USUAL).log2().abs()
    best_map = off <= off.amin(1, keepdim=True) + 1e-4
    distance = torch.where(best_map, away.square().sum(-1), torch.inf)
    takes |= distance <= distance.amin(1, keepdim=True)
    takes &= there[:, None]
    smallest, number = torch.where(takes, side[:, None], torch.inf).min(2)  # [B, P]
    return torch.where(smallest.isfinite(), number, -1)


def quality_focal(logits: Tensor, quality: Tensor, power: float = 2.0) -> Tensor:
    """Quality focal loss (Li et al., NeurIPS 2020, equation 6): |quality - p|^power times the cross entropy.

    With quality 0 or 1 it is the focal loss of Lin et al. (ICCV 2017) without their weight alpha.
    """
    entropy = functional.binary_cross_entropy_with_logits(logits, quality, reduction="none")
    return entropy * (quality - logits.sigmoid()).abs().pow(power)


def losses(scores: Tensor, boxes: Tensor, owner: Tensor, truth: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What each row has to pay for its scores [B, P, K] and boxes [B, P, 4]: sums [B] each; and the mean IoU.

    owner [B, P] of the boxes truth [B, M, 4], kinds [B, M]. The target of a score is the IoU of the box that is said
    there, and a box is paid for by 1 - its generalised IoU.
    """
    rows, places = (owner >= 0).nonzero(as_tuple=True)
    mine = owner[rows, places]
    iou, giou = overlap(boxes[rows, places], truth[rows, mine])
    quality = torch.zeros_like(scores)
    quality[rows, places, kinds[rows, mine]] = iou.detach()
    wrong = quality_focal(scores, quality).sum((1, 2))
    far = torch.zeros(len(scores), device=scores.device).index_add(0, rows, 1 - giou)
    return wrong, far, iou.detach().sum() / max(1, len(rows))


class Towers(nn.Module):
    """The head that all maps share: convolutions with group norm, then scores of classes and what boxes are said.

    Maps [B, width, h, w] -> scores [B, P, K] and raw boxes [B, P, 4]. At first every class has a probability of 1 %
    (Lin et al., ICCV 2017, section 4.1) and every box the usual size.
    """

    def __init__(self, width: int, classes: int, depth: int) -> None:
        super().__init__()
        self.kinds, self.shapes = (nn.Sequential(*_convolutions(width, depth)) for _ in range(2))
        self.score, self.box = nn.Conv2d(width, classes, 3, padding=1), nn.Conv2d(width, 4, 3, padding=1)
        for layer in (self.score, self.box):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias) if layer.bias is not None else None
        assert self.score.bias is not None
        nn.init.constant_(self.score.bias, -math.log(99))

    def forward(self, maps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        scores = [self.score(self.kinds(one)).flatten(2).transpose(1, 2) for one in maps]
        boxes = [self.box(self.shapes(one)).flatten(2).transpose(1, 2) for one in maps]
        return torch.cat(scores, 1), torch.cat(boxes, 1)


def _convolutions(width: int, depth: int) -> list[nn.Module]:
    groups = max(g for g in range(1, 17) if width % g == 0)
    parts: list[nn.Module] = []
    for _ in range(depth):
        conv = nn.Conv2d(width, width, 3, padding=1, bias=False)
        nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
        parts += [conv, nn.GroupNorm(groups, width), nn.ReLU(inplace=True)]
    return parts
