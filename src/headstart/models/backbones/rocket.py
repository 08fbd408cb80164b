"""The backbone for whole series: fixed convolutions, and how often they answer strongly."""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import NormalDist
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.choice import Choice
from headstart.core.contracts.ranges import Few, Size
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.models.nn.patches import picture_of

_TAPS, _HIGH = 9, 3  # values that a kernel looks at, and how many of them count twice
_DILATIONS = 32  # at most
_CHANNELS = 9  # that one kernel looks at, at most
_GOLDEN = (math.sqrt(5) + 1) / 2  # its multiples spread evenly in [0, 1]
_EDGE = 0.02  # share of the answers beyond the outermost thresholds, were they normal
_LEAST = 1e-6
_LEVELS, _SIZES = 4.0, 0.3  # weights of level and spread of a channel, and of sizes of answers, beside shares
_AT_ONCE = 1 << 23  # answers held at a time


class Rocket(Backbone):
    """Fixed convolutions with kernels of many widths; a linear head on them is fitted in closed form.

    x [B, C, H, W], each of the C * H rows a channel and time along W -> Tokens [B, 1, F] of grid (). The 84 kernels of
    MiniRocket (Dempster, Schmidt and Webb, KDD 2021) with weights -1 and 2 that sum to 0, each with up to 32 dilations;
    the share of the places where the answer is above each of several thresholds, and the logarithm of its size. Unlike
    theirs the thresholds are in deviations of the answer over the row itself, so that nothing is learned of train rows.
    Beside them stand level and spread of each channel. Of rows that are padded only what is there counts.

    features  thresholds of all kernels together, about
    places    places of a row that are looked at, at most, evenly spread, whatever its length
    seed      of the channels that each kernel adds up, where there are several
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"grid"})
    tuning_scratch: ClassVar[Choice | None] = Choice("probe", "a linear model on fixed convolutions, in closed form")

    def __init__(self, spec: Spec, *, features: Size = 10_000, places: Size = 512, seed: Few = 0) -> None:
        super().__init__()
        channels, height, length = picture_of(spec)
        self.channels, self.step = channels * height, max(1, -(-length // places))
        self.kernels: Tensor
        self.register_buffer("kernels", _kernels(), persistent=False)  # [K, 9]
        count = len(self.kernels)
        self.dilations = _spread(length, max(1, features // count))
        generator = np.random.default_rng(seed)
        chosen = [_chosen(generator, count, self.channels) for _ in self.dilations]
        self.chosen: Tensor
        self.register_buffer("chosen", torch.from_numpy(np.stack(chosen)), persistent=False)  # [D, K, C]
        thresholds = sum(each for _, each in self.dilations)
        quantiles = np.arange(1, count * thresholds + 1) * _GOLDEN % 1 * (1 - 2 * _EDGE) + _EDGE
        normal = [NormalDist().inv_cdf(one) for one in quantiles.tolist()]
        self.thresholds: Tensor
        self.register_buffer("thresholds", torch.tensor(normal).reshape(thresholds, count), persistent=False)
        self.width = count * (thresholds + len(self.dilations)) + 2 * self.channels

    @classmethod
    def has_weights(cls, settings: Mapping[str, Any]) -> bool:
        """None that are learned."""
        return False

    def embed(self, batch: Batch) -> Tokens:
        x = batch["x"].flatten(1, 2)  # [B, C, L]
        keep = batch["keep"] if "keep" in batch else torch.ones_like(x[:, 0], dtype=torch.bool)
        size = max(1, _AT_ONCE // (len(self.kernels) * x.shape[2]))
        parts = zip(x.split(size), keep.split(size), strict=True)
        return Tokens.full(torch.cat([self._read(one, there) for one, there in parts])[:, None], ())  # [B, 1, F]

    def _read(self, x: Tensor, keep: Tensor) -> Tensor:
        """Rows [B, C, L] and which places are there [B, L] -> features [B, F]."""
        there = keep[:, None].to(x.dtype)  # [B, 1, L]
        count = there.sum(2).clamp_min(1)  # [B, 1]
        level = (x * there).sum(2) / count  # [B, C]
        x = (x - level[..., None]) * there  # kernels do not see levels, but edges would
        spread = ((x * x).sum(2) / count + _LEAST).sqrt()
        there = there[..., :: self.step]
        count, places = there.sum(2).clamp_min(1), there.shape[2]
        found, done = [_LEVELS * level, _LEVELS * spread.log()], 0
        for (dilation, thresholds), chosen in zip(self.dilations, self.chosen, strict=True):
            answer = self._answer(x, chosen, dilation)  # [B, K, P]
            size = ((answer * answer * there).sum(2) / count + _LEAST**2).sqrt()  # [B, K]
            answer = answer.masked_fill(there == 0, -math.inf)
            for threshold in self.thresholds[done : done + thresholds]:
                above = (answer - (size * threshold)[..., None]).sign_().sum(2)  # those above minus all others
                found.append((above + places) / (2 * count))
            found.append(_SIZES * size.log())
            done += thresholds
        return torch.cat(found, 1)

    def _answer(self, x: Tensor, chosen: Tensor, dilation: int) -> Tensor:
        """Rows [B, C, L], and which channels each kernel adds up [K, C] -> what the kernels answer [B, K, P]: one
        product of matrices, which takes a fifth of the time of a convolution."""
        wide = functional.pad(x, (dilation * (_TAPS // 2),) * 2)
        taps = [wide[..., tap * dilation : tap * dilation + x.shape[2] : self.step] for tap in range(_TAPS)]
        weight = self.kernels[:, None] * chosen[..., None]  # [K, C, 9]
        return weight.flatten(1) @ torch.stack(taps, 2).flatten(1, 2)  # [K, C * 9] @ [B, C * 9, P]

    def encode(self, tokens: Tokens) -> Tokens:
        return tokens

    def layers(self) -> Sequence[nn.Module]:
        return []

    def summary(self, tokens: Tokens) -> Tensor:
        return tokens.x[:, 0]


def _kernels() -> Tensor:
    """All ways to place three weights of 2 among nine, the others -1: [84, 9]."""
    found = torch.full((math.comb(_TAPS, _HIGH), _TAPS), -1.0)
    for row, places in enumerate(combinations(range(_TAPS), _HIGH)):
        found[row, list(places)] = 2.0
    return found


def _spread(length: int, thresholds: int) -> list[tuple[int, int]]:
    """Dilations 1, 2, ... up to a kernel as wide as the row, and how many thresholds each has of so many: even on a
    logarithmic scale, at least one."""
    most = max(1.0, (length - 1) / (_TAPS - 1))
    steps = min(thresholds, _DILATIONS)
    every = np.floor(np.geomspace(1, most, steps) + 1e-9).astype(int)
    dilations, counts = np.unique(every, return_counts=True)
    places = np.linspace(0, len(every), thresholds, endpoint=False).astype(int)
    each = np.bincount(np.repeat(np.arange(len(dilations)), counts)[places], minlength=len(dilations))
    return [(int(one), max(1, int(count))) for one, count in zip(dilations, each, strict=True)]


def _chosen(generator: np.random.Generator, kernels: int, channels: int) -> np.ndarray:
    """Which channels each kernel adds up, float32 [kernels, channels]: few of them, one more often than several."""
    found = np.zeros((kernels, channels), np.float32)
    for row in found:
        count = int(2 ** generator.uniform(0, np.log2(min(channels, _CHANNELS) + 1)))
        row[generator.choice(channels, min(count, channels), replace=False)] = 1.0
    return found
