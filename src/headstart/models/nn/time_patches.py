"""Numbers over time as vectors: a row is cut into stretches of as many steps, and each becomes a place."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Batch
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import ContractError
from headstart.models.nn.dropout import Dropout

OVER_TIME: frozenset[Layout] = frozenset({"grid", "steps"})
"""Layouts that can be read step by step: of a grid a step is a column of all its rows."""
_PLACES = 64  # of a row, as in PatchTST/64


class TimePatches(nn.Module):
    """Stretches of `patch` steps -> one vector each, by an affine map (Nie et al. 2023, PatchTST).

    x [B, C, H, W], time along the width, or [B, T, C] -> Tokens [B, N, D] of grid (1, N), or (N,). Where the steps
    are no multiple of `patch`, the first is repeated in front, so that the last stretch is whole.
    """

    def __init__(self, spec: Spec, width: int, patch: int | Literal["auto"], dropout: float) -> None:
        super().__init__()
        values, steps = _sides(spec)
        self.patch, self.flat = -(-steps // _PLACES) if isinstance(patch, str) else patch, spec.layout == "steps"
        if self.patch > steps:
            expected, fix = f"1 to {steps} steps", "set backbone.patch=auto"
            raise ContractError(
                800,
                "a patch is longer than a row",
                where="backbone.patch",
                found=self.patch,
                expected=expected,
                fix=fix,
            )
        self.proj = nn.Linear(values * self.patch, width)
        self.drop = Dropout(dropout)

    def forward(self, batch: Batch) -> Tokens:
        x = batch["x"] if self.flat else batch["x"].flatten(1, 2).transpose(1, 2)  # [B, T, F]
        more = -x.shape[1] % self.patch
        x = F.pad(x.transpose(1, 2), (more, 0), mode="replicate").transpose(1, 2) if more else x
        x = self.drop(self.proj(x.unflatten(1, (-1, self.patch)).flatten(2)))  # [B, N, D]
        grid = (x.shape[1],) if self.flat else (1, x.shape[1])
        if "keep" not in batch:
            return Tokens.full(x, grid)
        keep = F.pad(batch["keep"], (more, 0)).unflatten(1, (-1, self.patch)).any(2)
        return Tokens(x, keep, grid, padded=True)


def last_kept(tokens: Tokens) -> Tensor:
    """The state of the last place of each row that is not padding, [B, D]."""
    b, n, _ = tokens.x.shape
    last = (tokens.keep * torch.arange(1, n + 1, device=tokens.keep.device)).argmax(1)
    return tokens.x[torch.arange(b, device=last.device), last]


def _sides(spec: Spec) -> tuple[int, int]:
    """Values of a step, and steps."""
    sizes = spec.sizes
    if spec.layout == "steps":
        return sizes["channels"], sizes["length"]
    return sizes["channels"] * sizes["height"], sizes["width"]
