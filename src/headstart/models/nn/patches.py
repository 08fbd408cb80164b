"""Pictures: their sizes in the spec of a modality, smaller ones, their patches, and their feature maps as tokens."""

import math
from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional

from headstart.core import catalog
from headstart.core.contracts import Batch
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import ContractError, alternatives


def picture_of(spec: Spec) -> tuple[int, int, int]:
    """Channels, height and width; ContractError for data that are no pictures."""
    if spec.layout != "grid":
        found, fix = "data with " + ", ".join(spec.sizes), f"use {readers_of(spec.layout)}"
        raise ContractError(207, "this backbone reads pictures and spectra", found=found, fix=fix)
    return spec.sizes["channels"], spec.sizes["height"], spec.sizes["width"]


def readers_of(layout: Layout) -> str:
    """The backbones that read data of a layout: "bag, decoder, encoder or rnn"."""
    kinds = catalog.kinds("backbones")
    return alternatives([kind for kind in kinds if layout in catalog.load("backbones", kind).layouts])


def shape_of(spec: Spec) -> tuple[int, ...]:
    """The shape of a ready row of one size: (channels, height, width), or (columns,)."""
    return (spec.sizes["columns"],) if spec.layout == "cells" else picture_of(spec)


def at_most(shape: tuple[int, int, int], side: int) -> tuple[int, int, int]:
    """Channels, height and width of pictures whose longer side is at most `side`, 0: as they are."""
    channels, height, width = shape
    factor = min(1.0, side / max(height, width)) if side else 1.0
    return channels, max(1, round(factor * height)), max(1, round(factor * width))


def shrunk(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Pictures [B, C, H, W] at a smaller size, each pixel the mean of what it covers."""
    return x if x.shape[2:] == size else functional.interpolate(x, size, mode="area")


def patchify(x: Tensor, grid: tuple[int, int]) -> Tensor:
    """Cut pictures into a grid of patches: [B, C, H, W] -> [B, rows*columns, C*p*q], values in the order C, p, q."""
    b, c, h, w = x.shape
    rows, columns = grid
    p, q = h // rows, w // columns
    parts = x.reshape(b, c, rows, p, columns, q).permute(0, 2, 4, 1, 3, 5)  # [B, rows, columns, C, p, q]
    return parts.reshape(b, rows * columns, c * p * q)


def unpatchify(patches: Tensor, grid: tuple[int, int], channels: int, height: int, width: int) -> Tensor:
    """Patches [B, rows*columns, C*p*q] -> pictures [B, C, H, W]: the opposite of `patchify`."""
    b, _, _ = patches.shape
    rows, columns = grid
    parts = patches.reshape(b, rows, columns, channels, height // rows, width // columns)
    return parts.permute(0, 3, 1, 4, 2, 5).reshape(b, channels, height, width)


def as_tokens(maps: Tensor, mask: Tensor | None = None) -> Tokens:
    """Feature maps [B, D, H, W] -> Tokens of grid (H, W); a view, contiguous if the maps are channels-last. A mask
    [B, 1, H, W] is 0 where there is only padding."""
    _, _, height, width = maps.shape
    x = maps.flatten(2).transpose(1, 2)  # [B, H*W, D]
    if mask is None:
        return Tokens.full(x, (height, width))
    return Tokens(x, mask.flatten(1) > 0, (height, width), padded=True)


def mask_of(batch: Batch, size: Sequence[int]) -> Tensor | None:
    """Which places of pictures [B, C, H, W] are there, as 1 and 0 in maps [B, 1, h, w] of a size; None without padding.
    batch["keep"] [B, W] says it for columns, as of sounds, of which only some last so long."""
    if "keep" not in batch:
        return None
    columns = batch["keep"][:, None, None].to(batch["x"].dtype)  # [B, 1, 1, W]
    return smaller(columns, (1, size[1])).expand(-1, 1, size[0], -1)


def columns_of(batch: Batch, width: int) -> Tensor | None:
    """How many columns of each picture are there, [B], if they are shrunk to a width; None without padding. Those that
    are there come first."""
    if "keep" not in batch:
        return None
    whole = batch["keep"].shape[1]
    return -(-batch["keep"].sum(1) * width // whole)


def mask_in(tokens: Tokens) -> Tensor | None:
    """The same of tokens of grid (H, W): [B, 1, H, W]."""
    return (
        tokens.keep[:, tokens.prefix :].unflatten(1, tokens.grid)[:, None].to(tokens.x.dtype) if tokens.padded else None
    )


def smaller(mask: Tensor, size: Sequence[int]) -> Tensor:
    """A mask [B, 1, H, W] for maps of another size: a place is there if anything is that it covers."""
    height, width = mask.shape[2:]
    if (height, width) == tuple(size):
        return mask
    cells = [max(1, -(-side // smaller)) for side, smaller in zip((height, width), size, strict=True)]
    found = functional.max_pool2d(mask, cells, ceil_mode=True)[:, :, : size[0], : size[1]]
    lacking = [wanted - there for wanted, there in zip(size, found.shape[2:], strict=True)]
    return functional.pad(found, (0, lacking[1], 0, lacking[0]), mode="replicate") if any(lacking) else found


def masked(maps: Tensor, mask: Tensor | None) -> Tensor:
    """Maps [B, D, H, W] that are 0 where there is only padding, as beyond their edges."""
    return maps if mask is None else maps * smaller(mask, maps.shape[2:])


def as_map(tokens: Tokens) -> Tensor:
    """Tokens of grid (H, W) -> feature maps [B, D, H, W]; a view, the opposite of `as_tokens`."""
    assert len(tokens.grid) == 2, f"only a grid (height, width) is a picture, not {tokens.grid}"
    return tokens.body.transpose(1, 2).unflatten(2, tokens.grid)


def fitting(height: int, width: int) -> list[int]:
    """Every square patch that divides a picture, smallest first."""
    common = math.gcd(height, width)
    return [size for size in range(1, common + 1) if common % size == 0]


def usual_patch(height: int, width: int) -> int:
    """The patch to take when nobody says: about 64 places, patches of at least 2 and at most 16 pixels where they fit.

    8 x 8 -> 2, 28 x 28 -> 4, 32 x 32 -> 4, 64 x 64 -> 8, 224 x 224 -> 16.
    """
    sizes = [size for size in fitting(height, width) if 2 <= size <= 16] or fitting(height, width)
    few = [size for size in sizes if (height // size) * (width // size) <= 64]
    return few[0] if few else sizes[-1]
