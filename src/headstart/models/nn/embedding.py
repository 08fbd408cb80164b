"""Token ids -> vectors."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts.spec import Spec
from headstart.core.errors import ContractError


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
        found, fix = "data with " + ", ".join(spec.sizes), "use texts, or another backbone"
        raise ContractError(206, "this backbone reads token ids", found=found, fix=fix)
    return spec.sizes["vocab"]
