"""A feature pyramid: maps of several scales that all know what the coarsest sees."""

from collections.abc import Sequence
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch
from headstart.core.errors import ContractError
from headstart.models.nn.patches import as_map
from headstart.models.nn.sizes import trying

_COARSEST = 64  # pixels of a place beyond which nothing can be told apart


def scales(backbone: Backbone, ready: Batch) -> list[tuple[int, int, int]]:
    """Channels, height and width of every map of the backbone's pyramid, finest first; ContractError if it has none."""
    with trying(backbone):
        maps = backbone.pyramid(ready)
    kind, (height, width) = type(backbone).__name__.lower(), ready["x"].shape[2:]
    for tokens in maps:
        if len(tokens.grid) != 2 or max(height / tokens.grid[0], width / tokens.grid[1]) > _COARSEST:
            grid = " x ".join(map(str, tokens.grid)) or "none"
            raise ContractError(
                287, f"the places of {kind} are too coarse to locate objects", found=f"a grid of {grid}",
                expected=f"places of at most {_COARSEST} pixels", fix="use a resnet, a cnn or a vit",
            )  # fmt: skip
    return [(tokens.x.shape[2], tokens.grid[0], tokens.grid[1]) for tokens in maps]


class Fpn(nn.Module):
    """Feature pyramid network (Lin et al., CVPR 2017): a backbone's maps -> as many maps of one width, finest first.

    given  channels, height and width of the maps that come in, finest first
    first  how many times the finest map is halved (above 0: the finer of `given` are not used) or doubled (below 0)
    count  maps that go out, each half as large as the one before

    Maps that the backbone lacks are made: coarser ones by convolutions of stride 2 behind its last map, finer ones by
    enlarging (as Li et al., ECCV 2022, do for a network of one scale).
    """

    def __init__(self, given: Sequence[tuple[int, int, int]], *, first: int, count: int, width: int) -> None:
        super().__init__()
        self.skipped, self.finer, self.count = max(first, 0), max(-first, 0), count
        used = given[self.skipped :]
        self.laterals = nn.ModuleList(nn.Conv2d(channels, width, 1) for channels, _, _ in used)
        lacking = max(0, count - self.finer - len(used))
        self.coarser = nn.ModuleList(nn.Conv2d(width, width, 3, 2, 1) for _ in range(lacking))
        self.smooth = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(count))
        sizes = [(height, across) for _, height, across in used]
        for _ in self.coarser:
            sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
        for _ in range(self.finer):
            sizes.insert(0, (2 * sizes[0][0], 2 * sizes[0][1]))
        self.sizes = sizes[:count]

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """[B, channels, h, w] of `given` -> [B, width, h, w] of `sizes`."""
        levels = [lateral(one) for lateral, one in zip(self.laterals, maps[self.skipped :], strict=True)]
        for halve in self.coarser:
            levels.append(halve(F.relu(levels[-1])))
        for fine, coarse in reversed(list(pairwise(range(len(levels))))):
            levels[fine] = levels[fine] + F.interpolate(levels[coarse], size=levels[fine].shape[2:], mode="nearest")
        for _ in range(self.finer):
            levels.insert(0, F.interpolate(levels[0], scale_factor=2.0, mode="bilinear", align_corners=False))
        return [smooth(one) for smooth, one in zip(self.smooth, levels, strict=False)]

    def read(self, backbone: Backbone, ready: Batch) -> list[Tensor]:
        """The maps of a ready batch."""
        return self([as_map(tokens) for tokens in backbone.pyramid(ready)])
