"""The plain convolutional backbone."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.ranges import Few, Share, Size, Sizes
from headstart.core.contracts.resize import Resize
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import ContractError
from headstart.models.nn.patches import as_map, as_tokens, mask_in, mask_of, masked, picture_of, smaller
from headstart.models.nn.perceptron import Activation, activation
from headstart.models.nn.pixel_decoder import MapDecoder


class Cnn(Backbone):
    """Plain convolutions, one block a scale: the network for a host without accelerator.

    x [B, C, H, W] -> Tokens of grid (h, w) and width channels[-1]. A block is convolution, norm, activation, dropout,
    with a halving between two blocks.

    residual  pairs of convolutions with a shortcut behind the last block, where maps are small and depth is cheap
    pooling   how `summary` reads the places: their mean, or the strongest answer of every channel
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"grid"})
    resize: ClassVar[Resize | None] = Resize()

    def __init__(
        self,
        spec: Spec,
        *,
        channels: Sizes = (32, 64, 128),
        kernel: Size = 3,
        norm: Literal["batch", "group", "none"] = "batch",
        activation: Literal["relu", "gelu", "tanh"] = "relu",
        shrink: Literal["max", "mean", "none"] = "max",
        dropout: Share = 0.0,
        residual: Few = 1,
        pooling: Literal["mean", "max"] = "max",
    ) -> None:
        super().__init__()
        self.width, self.channels, self.kernel = channels[-1], tuple(channels), kernel
        self.activation: Activation = activation
        self.norm, self.shrink, self.pooling = norm, shrink, pooling
        self.picture = picture_of(spec)
        inputs = [self.picture[0], *channels[:-1]]
        self.blocks = nn.ModuleList(self._block(inputs[i], channels[i], dropout) for i in range(len(channels)))
        self.residuals = nn.ModuleList(
            nn.Sequential(*(self._block(self.width, self.width, dropout) for _ in range(2))) for _ in range(residual)
        )
        self.sizes = self._sizes()

    def _block(self, inputs: int, outputs: int, dropout: float) -> nn.Sequential:
        kernel, parts = self.kernel, list[nn.Module]()
        parts.append(nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=self.norm == "none"))
        if self.norm == "batch":
            parts.append(nn.BatchNorm2d(outputs))
        if self.norm == "group":
            # at most 32 groups (Wu and He 2018), and as many as divide the channels
            parts.append(nn.GroupNorm(max(g for g in range(1, 33) if outputs % g == 0), outputs))
        parts.append(activation(self.activation))
        if dropout:
            parts.append(nn.Dropout2d(dropout))
        return nn.Sequential(*parts)

    def _sizes(self) -> list[tuple[int, int]]:
        """(height, width) of every block's maps, input side first; ContractError where nothing would be left."""
        _, *size = self.picture
        sizes: list[tuple[int, int]] = []
        for i in range(len(self.channels)):
            if i and self.shrink != "none" and max(size) > 1:
                size = [max(1, side // 2) for side in size]
            elif i and self.shrink != "none":
                size = [0, 0]
            size = [side + 2 * (self.kernel // 2) - self.kernel + 1 for side in size]
            if min(size) < 1:
                raise ContractError(
                    202, f"pictures are too small for {len(self.channels)} blocks of cnn", where="backbone.channels",
                    found=f"{self.picture[1]} x {self.picture[2]} pixels",
                    fix="give fewer channels, a smaller kernel or shrink = 'none'",
                )  # fmt: skip
            sizes.append((size[0], size[1]))
        return sizes

    def _halve(self, maps: Tensor) -> Tensor:
        if self.shrink == "none":
            return maps
        sides = [min(2, side) for side in maps.shape[2:]]  # a side of 1, as of a series, stays
        return F.max_pool2d(maps, sides) if self.shrink == "max" else F.avg_pool2d(maps, sides)

    def _later(self, tokens: Tokens) -> list[Tokens]:
        """The output of every block, finest first, from that of the first block."""
        maps, masks = [as_map(tokens)], [mask_in(tokens)]
        for block in self.blocks[1:]:
            maps.append(block(self._halve(maps[-1])))
            mask = masks[-1]
            masks.append(None if mask is None else smaller(mask, maps[-1].shape[2:]))
            maps[-1] = masked(maps[-1], masks[-1])
        for pair in self.residuals:
            maps[-1] = maps[-1] + self._pair(pair, maps[-1], masks[-1])
        return [as_tokens(scale, mask) for scale, mask in zip(maps, masks, strict=True)]

    def _pair(self, pair: nn.Module, maps: Tensor, mask: Tensor | None) -> Tensor:
        """Two blocks in a row, neither of which sees padding."""
        for block in pair.children():
            maps = masked(block(maps), mask)
        return maps

    def embed(self, batch: Batch) -> Tokens:
        maps = self.blocks[0](batch["x"])
        mask = mask_of(batch, maps.shape[2:])
        return as_tokens(masked(maps, mask), mask)  # [B, h*w, channels[0]]

    def encode(self, tokens: Tokens) -> Tokens:
        return self._later(tokens)[-1]  # [B, h*w, channels[-1]]

    def layers(self) -> Sequence[nn.Module]:
        return [*self.blocks, *self.residuals]

    def pyramid(self, batch: Batch) -> list[Tokens]:
        return self._later(self.embed(batch))

    @property
    def decoder(self) -> Callable[[], nn.Module]:
        return partial(MapDecoder, self.channels[::-1], [*self.sizes[-2::-1], self.picture[1:]], self.picture[0])

    def summary(self, tokens: Tokens) -> Tensor:
        if self.pooling == "mean":
            return tokens.pooled()  # [B, D]
        body = tokens.body.masked_fill(~tokens.keep[..., None], -torch.inf) if tokens.padded else tokens.body
        return body.amax(1)
