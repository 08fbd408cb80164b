"""A head that says something of every moment of a row."""

import torch
from torch import Tensor, nn

from headstart.models.nn.two_way import TwoWay


class MomentHead(nn.Module):
    """Vectors of moments [B, T, F] and how many are there [B] -> scores [B, T, K], float32.

    With a `memory` of that width each way a moment knows of those around it. Begins with zeros.
    """

    def __init__(self, width: int, outputs: int, *, memory: int, dropout: float) -> None:
        super().__init__()
        self.norm, self.drop = nn.LayerNorm(width), nn.Dropout(dropout)
        self.memory = TwoWay(width, memory) if memory else None
        self.last = nn.Linear(2 * memory or width, outputs)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, features: Tensor, moments: Tensor) -> Tensor:
        x = self.drop(self.norm(features))
        if self.memory is not None:
            x = self.drop(self.memory(x, there(features, moments)))
        return self.last(x).float()


def there(features: Tensor, moments: Tensor) -> Tensor:
    """Which of the moments [B, T, ...] are there, where so many of each row are, [B, T]."""
    return torch.arange(features.shape[1], device=features.device) < moments[:, None]
