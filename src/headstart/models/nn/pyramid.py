"""From feature maps of several scales to numbers for every pixel."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Size = tuple[int, int]

_GROWTH = 4  # maps of a quarter of the side and less have so many times the channels of the full size
_GROUPS = 8


class MapHead(nn.Module):
    """Maps [B, widths[i], *sizes[i]], finest first, and their picture [B, C, H, W] -> [B, outputs, H, W].

    Coarse to fine, as in Kirillov et al. (CVPR 2019, "Panoptic Feature Pyramid Networks", section 3): maps are
    narrowed, coarser ones are enlarged and added, and a 3 x 3 convolution smooths the sum. Where the finest maps are
    coarser than the picture, the missing scales come from convolutions that halve the picture itself, so that borders
    stay sharp (the skips of Ronneberger et al., MICCAI 2015). Group norm, so that a row does not depend on its company.

    width  channels at full size; twice as many at half of the side, four times as many below
    """

    def __init__(
        self,
        widths: Sequence[int],
        sizes: Sequence[Size],
        picture: tuple[int, int, int],
        outputs: int,
        *,
        width: int,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        channels, *full = picture
        own = _missing((full[0], full[1]), sizes[0])
        self.sizes = [*own, *sizes]
        inner = [width * min(_GROWTH, max(1, round(full[0] / size[0]))) for size in self.sizes]
        inputs = [channels, *inner[: len(own)]]
        self.stem = nn.ModuleList(_convolved(inputs[i], inner[i], 3, stride=2 if i else 1) for i in range(len(own)))
        self.narrow = nn.ModuleList(nn.Conv2d(w, n, 1) for w, n in zip(widths, inner[len(own) :], strict=True))
        self.lower = nn.ModuleList(nn.Conv2d(inner[i + 1], inner[i], 1) for i in range(len(inner) - 1))
        self.smooth = nn.ModuleList(_convolved(n, n, 3) for n in inner)
        self.dropout = nn.Dropout2d(dropout)
        self.last = nn.Conv2d(inner[0], outputs, 1)
        # not zero weights, as other heads have: logits then grow so slowly that 40 steps learn what 5 learn from these
        assert self.last.bias is not None
        nn.init.zeros_(self.last.bias)

    def forward(self, maps: Sequence[Tensor], picture: Tensor) -> Tensor:
        # channels last in memory: a convolution at full size takes half of the time on a CPU
        picture, *maps = (one.contiguous(memory_format=torch.channels_last) for one in (picture, *maps))
        levels: list[Tensor] = []
        for layer in self.stem:
            levels.append(layer(levels[-1] if levels else picture))
        levels += [layer(one) for layer, one in zip(self.narrow, maps, strict=True)]
        y = self.smooth[-1](levels[-1])
        for i in range(len(levels) - 2, -1, -1):
            y = self.lower[i](y)  # narrowed first: there are fewer pixels yet
            if self.sizes[i] != self.sizes[i + 1]:
                y = F.interpolate(y, size=self.sizes[i], mode="nearest")
            y = self.smooth[i](levels[i] + y)
        return self.last(self.dropout(y))  # [B, outputs, H, W]


def _missing(full: Size, finest: Size) -> list[Size]:
    """Sizes from the picture's down to twice that of the finest maps."""
    sizes: list[Size] = []
    while full[0] > 1.5 * finest[0]:
        sizes.append(full)
        full = ((full[0] + 1) // 2, (full[1] + 1) // 2)
    return sizes


def _convolved(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    groups = max(g for g in range(1, _GROUPS + 1) if outputs % g == 0)
    layer = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(layer, nn.GroupNorm(groups, outputs), nn.ReLU(inplace=True))
