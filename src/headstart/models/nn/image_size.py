"""The sizes of a picture in the spec of a modality, and smaller ones."""

from torch import Tensor
from torch.nn import functional

from headstart.core.contracts.spec import Spec
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
