"""Decoders that mirror a backbone: Tokens -> pixels [B, C, H, W]."""

import math
from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts.tokens import Tokens
from headstart.models.nn.patches import as_map, unpatchify
from headstart.models.nn.perceptron import Activation, activation, perceptron


class VectorDecoder(nn.Module):
    """One vector -> a row of one shape, through affine maps with an activation between them.

    widths: from the code to the last hidden layer; shape: that of the row. Tokens [B, 1, D] -> [B, *shape].
    """

    def __init__(self, widths: Sequence[int], shape: tuple[int, ...], *, act: Activation = "relu") -> None:
        super().__init__()
        self.shape = shape
        self.layers = perceptron([*widths, math.prod(shape)], lambda _: [activation(act)])

    def forward(self, tokens: Tokens) -> Tensor:
        return self.layers(tokens.body[:, 0]).unflatten(1, self.shape)  # [B, *shape]


class PlaceDecoder(nn.Module):
    """Every place -> the pixels it covers, by one affine map. Tokens [B, prefix + h*w, D] -> [B, C, H, W]."""

    def __init__(self, width: int, grid: tuple[int, int], shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.grid, self.shape = grid, shape
        channels, height, across = shape
        self.pixels = nn.Linear(width, channels * (height // grid[0]) * (across // grid[1]))

    def forward(self, tokens: Tokens) -> Tensor:
        return unpatchify(self.pixels(tokens.body), self.grid, *self.shape)  # [B, C, H, W]


class MapDecoder(nn.Module):
    """Feature maps -> a picture, by doubling the size (nearest neighbour) and convolving, coarse to fine.

    widths: channels of the maps, coarsest first; sizes: (height, width) after each widening, one per width, the last is
    the picture's. Nearest neighbour and a convolution leave no checkerboard (Odena et al. 2016, Distill).
    """

    def __init__(self, widths: Sequence[int], sizes: Sequence[tuple[int, int]], channels: int) -> None:
        super().__init__()
        assert len(widths) == len(sizes), f"{len(widths)} widths need as many sizes, not {len(sizes)}"
        self.sizes = list(sizes)
        outputs = [*widths[1:], channels]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(widths, outputs, strict=True))

    def forward(self, tokens: Tokens) -> Tensor:
        x = as_map(tokens)  # [B, D, h, w]
        for i, (conv, size) in enumerate(zip(self.convs, self.sizes, strict=True)):
            if x.shape[-2:] != size:
                x = F.interpolate(x, size=size, mode="nearest")
            x = conv(F.relu(x) if i else x)
        return x  # [B, C, H, W]
