"""The residual convolutional backbone."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.interop import Interop
from headstart.core.contracts.ranges import Size
from headstart.core.contracts.resize import Resize
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.models.nn.names import timm_config
from headstart.models.nn.patches import as_map, as_tokens, mask_in, mask_of, masked, picture_of, smaller
from headstart.models.nn.pixel_decoder import MapDecoder


def _settings_at(settings: Mapping[str, Any], learned: Spec, asked: Spec) -> dict[str, Any]:
    auto = settings.get("stem", "auto") == "auto"
    stem = "standard" if _is_large(picture_of(learned)[1:]) else "small"
    return {**settings, "stem": stem} if auto else dict(settings)


class Resnet(Backbone):
    """Residual network: the standard strong convolutional net for pictures.

    x [B, C, H, W] -> Tokens of grid (h, w) and width 8 * width (32 * width at depth 50). He et al. (CVPR 2016); the
    last norm of every block starts at 0 (Goyal et al. 2017, section 5.1). Stem "small": one 3 x 3 convolution;
    "standard": 7 x 7 with stride 2 and a max pool; "auto": standard from 96 pixels. Names of
    parameters are timm's, the first ones behind `stem.`.
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"grid"})
    resize: ClassVar[Resize | None] = Resize(_settings_at)

    def __init__(
        self,
        spec: Spec,
        *,
        depth: Literal[10, 18, 34, 50] = 18,
        width: Size = 64,
        stem: Literal["auto", "small", "standard"] = "auto",
    ) -> None:
        super().__init__()
        self.picture = picture_of(spec)
        channels, *size = self.picture
        self.stem = _Stem(channels, width, stem == "standard" or (stem == "auto" and _is_large(size)))
        counts = {10: (1, 1, 1, 1), 18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}[depth]
        kind = _Bottleneck if depth == 50 else _Basic
        stages: list[nn.Sequential] = []
        inputs = width
        for i, count in enumerate(counts):
            blocks: list[nn.Module] = []
            for j in range(count):
                blocks.append(kind(inputs, width << i, stride=2 if i and not j else 1))
                inputs = (width << i) * kind.growth
            stages.append(nn.Sequential(*blocks))
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.width = inputs
        self.widths = [(width << i) * kind.growth for i in range(4)]
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def embed(self, batch: Batch) -> Tokens:
        maps = self.stem(batch["x"])
        mask = mask_of(batch, maps.shape[2:])
        return as_tokens(masked(maps, mask), mask)  # [B, h*w, width]

    def encode(self, tokens: Tokens) -> Tokens:
        return self._later(tokens)[-1]

    def _later(self, tokens: Tokens) -> list[Tokens]:
        """The output of every stage, finest first, from that of the stem."""
        maps, mask = as_map(tokens), mask_in(tokens)
        scales: list[Tokens] = []
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            for block in stage.children():
                maps = masked(block(maps, mask), mask)
            mask = None if mask is None else smaller(mask, maps.shape[2:])
            scales.append(as_tokens(maps, mask))
        return scales

    def layers(self) -> Sequence[nn.Module]:
        return [self.stem, *self.layer1, *self.layer2, *self.layer3, *self.layer4]

    def pyramid(self, batch: Batch) -> list[Tokens]:
        return self._later(self.embed(batch))

    @property
    def decoder(self) -> Callable[[], nn.Module]:
        height, across = self.picture[1:]
        if self.stem.standard:
            height, across = ((side + 3) // 4 for side in (height, across))
        sizes = [(-(-height // s), -(-across // s)) for s in (4, 2, 1)]  # strides round up
        return partial(MapDecoder, self.widths[::-1], [*sizes, self.picture[1:]], self.picture[0])

    @property
    def interop(self) -> Interop | None:
        """The same network to timm, if it has timm's stem and width."""
        if not self.stem.standard or self.stem.conv1.out_channels != 64:
            return None
        blocks = [len(stage) for stage in (self.layer1, self.layer2, self.layer3, self.layer4)]
        architecture = "resnet50" if isinstance(self.layer1[0], _Bottleneck) else "resnet18"
        about = {"input_size": self.picture, "first_conv": "conv1"}
        return Interop(timm_config(architecture, {"layers": blocks}, about), {"stem.": ""})


def _is_large(size: Sequence[int]) -> bool:
    """Are the pictures large enough that a first halving costs no detail?"""
    return min(size) >= 96


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)


class _Stem(nn.Module):
    """The first convolution. x [B, C, H, W] -> [B, D, h, w], channels-last in memory."""

    def __init__(self, channels: int, width: int, standard: bool) -> None:
        super().__init__()
        self.standard = standard
        self.conv1 = _conv(channels, width, 7, 2) if standard else _conv(channels, width, 3)
        self.bn1 = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x.contiguous(memory_format=torch.channels_last))), inplace=True)
        return F.max_pool2d(x, 3, 2, 1) if self.standard else x


class _Basic(nn.Module):
    """Two 3 x 3 convolutions beside a short cut. [B, inputs, H, W] -> [B, width, h, w]."""

    growth = 1

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = _conv(inputs, width, 3, stride), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = _conv(width, width, 3), nn.BatchNorm2d(width)
        self.downsample = _shortcut(inputs, width, stride)
        nn.init.zeros_(self.bn2.weight)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        y = masked(F.relu(self.bn1(self.conv1(x)), inplace=True), mask)
        return F.relu(self.bn2(self.conv2(y)) + self.downsample(x), inplace=True)


class _Bottleneck(nn.Module):
    """1 x 1, 3 x 3, 1 x 1 convolutions beside a short cut. [B, inputs, H, W] -> [B, 4 * width, h, w]."""

    growth = 4

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = _conv(inputs, width, 1), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = _conv(width, width, 3, stride), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = _conv(width, 4 * width, 1), nn.BatchNorm2d(4 * width)
        self.downsample = _shortcut(inputs, 4 * width, stride)
        nn.init.zeros_(self.bn3.weight)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        y = masked(F.relu(self.bn1(self.conv1(x)), inplace=True), mask)
        y = F.relu(self.bn2(self.conv2(y)), inplace=True)
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x), inplace=True)


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Module:
    if stride == 1 and inputs == outputs:
        return nn.Identity()
    return nn.Sequential(_conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))
