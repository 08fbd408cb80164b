"""What comes next in numbers over time: every place of a causal network says the stretch behind its own."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Batch
from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import ContractError


class NextPatch(nn.Module):
    """One affine map from the state of a place to the values of the next stretch (Nie et al. 2023 cut series so;
    Das et al. 2024 learn them by the next stretch).

    ready x [B, C, H, W], time along the width, or [B, T, C]; tokens of N places -> the mean squared error over the
    stretches behind the first, first over each row. A stretch is told as its difference from the last values of the one
    before it, as level says little of what comes. Stretches in which a value is padding are not told.
    """

    def __init__(self, tokens: Tokens, ready: Batch) -> None:
        super().__init__()
        steps, places = series_of(ready["x"]), tokens.x.shape[1]
        if places < 2 or tokens.grid[-1] != places:
            found, fix = f"a grid {tokens.grid}", "use backbone decoder or rnn, with a patch of half a row at most"
            raise ContractError(853, "the places are not stretches of time", where="objective", found=found, fix=fix)
        self.patch = -(-steps.shape[1] // places)
        self.head = nn.Linear(tokens.x.shape[2], self.patch * steps.shape[2])
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, tokens: Tokens, ready: Batch) -> Tensor:
        steps = series_of(ready["x"])  # [B, T, F]
        lacking = -steps.shape[1] % self.patch  # in front, as the network itself fills up
        cut = F.pad(steps, (0, 0, lacking, 0)).unflatten(1, (-1, self.patch))  # [B, N, patch, F]
        truth = (cut[:, 1:] - cut[:, :-1, -1:]).flatten(2)
        off = (self.head(tokens.x[:, :-1]).float() - truth).square().mean(2)  # [B, N - 1]
        there = tokens.keep.new_ones(off.shape)
        if "keep" in ready:
            there = F.pad(ready["keep"], (lacking, 0), value=True).unflatten(1, (-1, self.patch)).all(2)[:, 1:]
        counted = there.sum(1)
        each = (off * there).sum(1) / counted.clamp_min(1)
        return each.sum() / (counted > 0).sum().clamp_min(1)


def series_of(x: Tensor) -> Tensor:
    """Rows as steps of values, [B, T, F]."""
    return x if x.ndim == 3 else x.flatten(1, 2).transpose(1, 2)
