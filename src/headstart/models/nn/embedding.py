"""Token ids -> vectors."""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts.spec import Spec
from headstart.core.errors import ContractError
from headstart.models.nn.patches import readers_of

FROM_SCRATCH: Mapping[str, Any] = {
    "plan.batch": 32, "plan.warmup": 0.1, "plan.beta2": 0.98, "plan.schedule": "linear", "plan.check": 0.1,
}  # fmt: skip
"""The plan that suits networks for token ids which begin without weights."""


class Words(nn.Module):
    """One vector an id, [B, T] -> [B, T, D]; `weight` [V, D] starts normal with the deviation `std`."""

    def __init__(self, vocab: int, width: int, std: float = 0.02) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(vocab, width) * std)

    def forward(self, ids: Tensor) -> Tensor:
        return F.embedding(ids, self.weight)


def vocabulary_of(spec: Spec) -> int:
    """Number of token ids; ContractError for data that have none."""
    if spec.layout != "ids":
        found, fix = "data with " + ", ".join(spec.sizes), f"use {readers_of(spec.layout)}"
        raise ContractError(206, "this backbone reads token ids", found=found, fix=fix)
    return spec.sizes["vocab"]
