"""Pictures <-> patches, tokens <-> feature maps, and which patch sizes fit a picture."""

import math

from torch import Tensor

from headstart.core.contracts.tokens import Tokens


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
