"""Where a place is, as a vector."""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

Grid = tuple[int, int]
State = Mapping[str, Tensor]

# What timm and transformers call learned positions, [1, N, D] or [N, D].
_TABLES = ("pos_embed", "position_embeddings", "position_embedding.weight")


def sincos(grid: Sequence[int], width: int) -> Tensor:
    """Fixed sines and cosines of every coordinate, [places, width]; the width is shared out evenly over the axes.

    Wavelengths run from 2 pi to 10 000 * 2 pi (Vaswani et al. 2017, section 3.5). What does not divide stays 0.
    """
    each = width // (2 * len(grid))
    rates = 10_000.0 ** -(torch.arange(each) / max(each, 1))  # [each]
    axes = torch.meshgrid(*(torch.arange(side, dtype=torch.float32) for side in grid), indexing="ij")
    parts: list[Tensor] = []
    for axis in axes:
        angles = axis.reshape(-1, 1) * rates  # [places, each]
        parts += [angles.sin(), angles.cos()]
    places = torch.cat(parts, 1)
    return F.pad(places, (0, width - places.shape[1]))  # [places, width]


def resampled(table: Tensor, old: Grid, new: Grid, *, antialias: bool = True) -> Tensor:
    """Learned positions of one grid, [1, prefix + places, D], for another: bicubic, what stands in front stays.

    As DeiT (Touvron et al., ICML 2021, section 3); with `antialias` as timm does it, without as transformers does.
    """
    if old == new:
        return table
    prefix = table.shape[1] - old[0] * old[1]
    maps = table[:, prefix:].float().unflatten(1, old).permute(0, 3, 1, 2)  # [1, D, rows, columns]
    maps = F.interpolate(maps, size=new, mode="bicubic", align_corners=False, antialias=antialias)
    places = maps.flatten(2).transpose(1, 2).to(table.dtype)  # [1, places, D]
    return torch.cat([table[:, :prefix], places], 1)


def carried(given: State, wanted: State, old: Grid, new: Grid, *, antialias: bool) -> dict[str, Tensor]:
    """The state of a public network, its learned positions resampled from one grid to the one that another wants."""
    state = dict(given)
    for name in given.keys() & wanted.keys():
        table, target = given[name], wanted[name]
        if not name.endswith(_TABLES) or table.ndim != target.ndim or table.ndim not in (2, 3):
            continue
        ahead = [one.shape[-2] - h * w for one, (h, w) in ((table, old), (target, new))]
        if ahead[0] == ahead[1] >= 0:
            rows = table if table.ndim == 3 else table[None]
            state[name] = resampled(rows, old, new, antialias=antialias).view(target.shape)
    return state
