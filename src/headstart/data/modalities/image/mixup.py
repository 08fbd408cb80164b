"""Pictures mixed in pairs: mixup and cutmix."""

import torch
from torch import Tensor, nn

from headstart.data.modalities.image.warp import rectangles

DRAWS = 4  # random numbers of one row
_GRID = 1024  # steps of a table of quantiles; between them it is linear


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
        tables = torch.stack([_quantiles(mixup or 1.0), _quantiles(cutmix or 1.0)])  # [2, _GRID + 1]
        self.register_buffer("tables", tables, persistent=False)
        self.tables: Tensor

    def forward(self, x: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
        """x [B, C, H, W] float, u [B, 4] in [0, 1) -> mixed pictures, and the share of each row in its own [B]."""
        _, _, h, w = x.shape
        cut = u[:, 0] < self.cuts  # [B]
        share = self._drawn(cut.long(), u[:, 1])  # [B]
        side = (1 - share).sqrt()
        high, wide = side * h, side * w
        # the rectangle's middle lies in the picture, what hangs over is cut off
        inside = rectangles(u[:, 2] * h - high / 2, u[:, 3] * w - wide / 2, high, wide, h, w)  # [B, H, W]
        own = torch.where(cut[:, None, None], (~inside).float(), share[:, None, None])  # [B, H, W]
        return torch.lerp(x.roll(1, 0), x, own[:, None]), torch.where(cut, own.mean((1, 2)), share)

    def _drawn(self, table: Tensor, u: Tensor) -> Tensor:
        """Shares [B] by the inverse distribution function: rejection would need no fixed count of numbers."""
        place = u * _GRID
        below = place.floor().long()
        return torch.lerp(self.tables[table, below], self.tables[table, below + 1], place - below)


def _quantiles(alpha: float) -> Tensor:
    """Where Beta(alpha, alpha) has 0, 1, ... of _GRID parts behind it, [_GRID + 1]."""
    from scipy.special import betaincinv

    return torch.from_numpy(betaincinv(alpha, alpha, torch.linspace(0, 1, _GRID + 1).double().numpy())).float()
