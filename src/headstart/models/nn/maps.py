"""Tokens <-> feature maps: the same numbers, seen as places with a width or as channels over a picture."""

from torch import Tensor

from headstart.core.contracts.tokens import Tokens


def as_tokens(maps: Tensor) -> Tokens:
    """Feature maps [B, D, H, W] -> Tokens of grid (H, W); a view, contiguous if the maps are channels-last."""
    _, _, height, width = maps.shape
    return Tokens.full(maps.flatten(2).transpose(1, 2), (height, width))  # [B, H*W, D]


def as_map(tokens: Tokens) -> Tensor:
    """Tokens of grid (H, W) -> feature maps [B, D, H, W]; a view, the opposite of `as_tokens`."""
    assert len(tokens.grid) == 2, f"only a grid (height, width) is a picture, not {tokens.grid}"
    return tokens.body.transpose(1, 2).unflatten(2, tokens.grid)
