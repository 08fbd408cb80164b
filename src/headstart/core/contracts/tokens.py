"""Tokens: the common tongue between backbones, objectives and tasks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a backbone makes of a batch: places with a width, a mask and a layout.

    x         [B, N, D] float
    keep      [B, N] bool, False where a place is only padding
    grid      layout of the last N - prefix places: () | (T,) | (H, W) | (T, H, W)
    prefix    number of leading summary places (class token, registers)
    document  [B, N] int or None: which document of a packed row a place belongs to; places see only their own
    padded    places of a grid may be padding: known beforehand, so that pictures without any need no masks
    """

    x: Tensor
    keep: Tensor
    grid: tuple[int, ...]
    prefix: int = 0
    document: Tensor | None = None
    padded: bool = False

    @classmethod
    def full(cls, x: Tensor, grid: tuple[int, ...], prefix: int = 0) -> Tokens:
        """Tokens without padding. x [B, N, D]."""
        return cls(x, torch.ones(x.shape[:2], dtype=torch.bool, device=x.device), grid, prefix)

    @property
    def body(self) -> Tensor:
        """The places without the leading summary places, [B, N - prefix, D]."""
        return self.x[:, self.prefix :]

    def pooled(self) -> Tensor:
        """Mean over the kept body places, [B, D]."""
        weight = self.keep[:, self.prefix :, None].to(self.x.dtype)  # [B, N - prefix, 1]
        return (self.body * weight).sum(1) / weight.sum(1).clamp_min(1)

    def take(self, index: Tensor) -> Tokens:
        """Only the body places named by index [B, K] (counted within the body); summary places stay."""
        b, k = index.shape
        ahead = torch.arange(self.prefix, device=index.device).expand(b, self.prefix)
        places = torch.cat([ahead, index + self.prefix], 1)  # [B, prefix + K]
        x = self.x.gather(1, places[..., None].expand(-1, -1, self.x.shape[-1]))
        document = None if self.document is None else self.document.gather(1, places)
        return Tokens(x, self.keep.gather(1, places), (k,), self.prefix, document, self.padded)

    def with_x(self, x: Tensor) -> Tokens:
        """The same layout and mask around other values. x [B, N, any width]."""
        return replace(self, x=x)
