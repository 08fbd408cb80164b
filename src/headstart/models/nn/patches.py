"""Pictures: their sizes in the spec of a modality, smaller ones, their patches, and their feature maps as tokens."""

import math

from torch import Tensor
from torch.nn import functional

from headstart.core.contracts.spec import Spec
from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import ContractError


def picture_of(spec: Spec) -> tuple[int, int, int]:
    """Channels, height and width; ContractError for data that are no pictures."""
    if spec.layout != "grid":
        found, fix = "data with " + ", ".join(spec.sizes), "use a backbone for these data, e.g. encoder for text"
        raise ContractError(207, "this backbone reads pictures", found=found, fix=fix)
    return spec.sizes["channels"], spec.sizes["height"], spec.sizes["width"]


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


def as_tokens(maps: Tensor) -> Tokens:
    """Feature maps [B, D, H, W] -> Tokens of grid (H, W); a view, contiguous if the maps are channels-last."""
    _, _, height, width = maps.shape
    return Tokens.full(maps.flatten(2).transpose(1, 2), (height, width))  # [B, H*W, D]


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
