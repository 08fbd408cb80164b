"""Pictures mixed in pairs: mixup and cutmix."""

import torch
from torch import Tensor, nn

from headstart.data.beta import quantiles
from headstart.data.modalities.image.warp import rectangles

DRAWS = 4  # random numbers of one row


class Mixing(nn.Module):
    """Mix every picture with its neighbour in the batch: as a whole, or by a rectangle of it.

    mixup   alpha of Beta(alpha, alpha), from which the share of the picture itself is drawn; 0: off
            (Zhang et al., ICLR 2018)
    cutmix  the same for the share that a rectangle leaves (Yun et al., ICCV 2019, algorithm A1); 0: off

    With both, half of the rows each.
    """

    def __init__(self, mixup: float, cutmix: float) -> None:
        super().__init__()
        self.cuts = 0.5 if mixup and cutmix else float(cutmix > 0)  # part of the rows that get a rectangle
        self.mixup, self.cutmix = mixup or 1.0, cutmix or 1.0

    def forward(self, x: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
        """x [B, C, H, W] float, u [B, 4] in [0, 1) -> mixed pictures, and the share of each row in its own [B]."""
        _, _, h, w = x.shape
        cut = u[:, 0] < self.cuts  # [B]
        share = torch.where(cut, quantiles(self.cutmix, u[:, 1]), quantiles(self.mixup, u[:, 1]))  # [B]
        side = (1 - share).sqrt()
        high, wide = side * h, side * w
        # the rectangle's middle lies in the picture, what hangs over is cut off
        inside = rectangles(u[:, 2] * h - high / 2, u[:, 3] * w - wide / 2, high, wide, h, w)  # [B, H, W]
        own = torch.where(cut[:, None, None], (~inside).float(), share[:, None, None])  # [B, H, W]
        return torch.lerp(x.roll(1, 0), x, own[:, None]), torch.where(cut, own.mean((1, 2)), share)
