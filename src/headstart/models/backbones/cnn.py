"""The plain convolutional backbone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch
from headstart.core.errors import ContractError
from headstart.core.tokens import Tokens
from headstart.models.nn.activation import Activation, activation
from headstart.models.nn.convolution import ContrastConv2d
from headstart.models.nn.decoder import MapDecoder
from headstart.models.nn.maps import as_map, as_tokens


class Cnn(Backbone):
    """Plain convolutions, one block a scale: convolution, norm, activation, dropout, halving in between.

    x [B, C, H, W] -> Tokens of grid (h, w) and width channels[-1]. `summary` averages over pool x pool regions.
    `contrast` > 0 normalises every patch the first layer sees (mean 0, standard deviation 1 with that much added to the
    variance). One layer with kernel 6, padding "valid", norm "none", activation "triangle", contrast 0.0025 and
    pool 2 is the network of Coates, Lee and Ng (2011), which the objective `kmeans` fills.
    """

    def __init__(
        self,
        facts: Mapping[str, int],
        *,
        channels: tuple[int, ...] = (32, 64, 128),
        kernel: int = 3,
        stride: int = 1,
        padding: Literal["same", "valid"] = "same",
        norm: Literal["batch", "group", "none"] = "batch",
        activation: Literal["relu", "gelu", "tanh", "triangle"] = "relu",
        shrink: Literal["max", "mean", "none"] = "max",
        dropout: float = 0.0,
        contrast: float = 0.0,
        pool: int = 1,
    ) -> None:
        super().__init__()
        self.width, self.channels, self.pool = channels[-1], tuple(channels), pool
        self.kernel, self.stride, self.contrast = kernel, stride, contrast
        self.activation: Activation = activation
        self.norm, self.shrink = norm, shrink
        self.picture = (facts["channels"], facts["height"], facts["width"])
        self.around = kernel // 2 if padding == "same" else 0
        inputs = [facts["channels"], *channels[:-1]]
        self.blocks = nn.ModuleList(
            self._block(inputs[i], channels[i], dropout, first=i == 0) for i in range(len(channels))
        )
        self.sizes = self._sizes()

    def _block(self, inputs: int, outputs: int, dropout: float, *, first: bool) -> nn.Sequential:
        step = self.stride if first else 1
        conv: nn.Module
        if first and self.contrast:
            conv = ContrastConv2d(
                inputs, outputs, self.kernel, stride=step, padding=self.around, contrast=self.contrast
            )
        else:
            conv = nn.Conv2d(inputs, outputs, self.kernel, step, self.around, bias=self.norm == "none")
        parts: list[nn.Module] = [conv]
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
            if i and self.shrink != "none":
                size = [side // 2 for side in size]
            size = [(side + 2 * self.around - self.kernel) // (self.stride if i == 0 else 1) + 1 for side in size]
            if min(size) < 1:
                raise ContractError(
                    202,
                    f"pictures are too small for {len(self.channels)} blocks of cnn",
                    where="backbone.channels",
                    found=f"{self.picture[1]} x {self.picture[2]} pixels",
                    fix="give fewer channels, a smaller kernel, padding = 'same' or shrink = 'none'",
                )
            sizes.append((size[0], size[1]))
        return sizes

    def _halve(self, maps: Tensor) -> Tensor:
        if self.shrink == "none":
            return maps
        return F.max_pool2d(maps, 2) if self.shrink == "max" else F.avg_pool2d(maps, 2)

    def _later(self, tokens: Tokens) -> list[Tokens]:
        """The output of every block, finest first, from that of the first block."""
        scales = [tokens]
        for block in self.blocks[1:]:
            scales.append(as_tokens(block(self._halve(as_map(scales[-1])))))
        return scales

    def embed(self, batch: Batch) -> Tokens:
        return as_tokens(self.blocks[0](batch["x"]))  # [B, h*w, channels[0]]

    def encode(self, tokens: Tokens) -> Tokens:
        return self._later(tokens)[-1]  # [B, h*w, channels[-1]]

    def layers(self) -> Sequence[nn.Module]:
        return list(self.blocks)

    def pyramid(self, batch: Batch) -> list[Tokens]:
        return self._later(self.embed(batch))

    def mirror(self) -> nn.Module:
        """The same scales in the opposite order: Tokens -> [B, C, H, W]."""
        sizes = [*self.sizes[-2::-1], self.picture[1:]]
        return MapDecoder(self.channels[::-1], sizes, self.picture[0])

    def summary(self, tokens: Tokens) -> Tensor:
        if self.pool == 1:
            return tokens.pooled()  # [B, D]
        regions = F.adaptive_avg_pool2d(as_map(tokens), self.pool)  # [B, D, pool, pool]
        return regions.permute(0, 2, 3, 1).flatten(1)  # [B, pool*pool*D]
