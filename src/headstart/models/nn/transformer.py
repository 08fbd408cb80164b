"""The transformer block: attention and a small network, each behind a norm and added to its input."""

import torch.nn.functional as F
from torch import Tensor, nn

from headstart.models.nn.attention import Attention
from headstart.models.nn.dropout import Dropout


class Feedforward(nn.Module):
    """Two affine maps with a GELU between, at every place alone. x [B, N, D] -> [B, N, D]."""

    def __init__(self, width: int, hidden: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self.drop(F.gelu(self.fc1(x))))


class DropPath(Dropout):
    """Leave a branch out for whole rows at random (Huang et al. 2016). x [B, N, D] -> [B, N, D]."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.rate:
            return x
        return x * F.dropout(x.new_ones(len(x), 1, 1), self.rate)  # dropout rescales the rows that stay


class Block(nn.Module):
    """One pre-norm transformer layer; parameters carry timm's names. x [B, N, D] -> [B, N, D]. bias [B, 1,
    N, N] is added to the scores of the attention."""

    def __init__(
        self, width: int, heads: int, mlp_ratio: float = 4.0, dropout: float = 0.0, drop_path: float = 0.0
    ) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Feedforward(width, int(width * mlp_ratio), dropout)
        self.drop = nn.Dropout(dropout)
        self.drop_path = DropPath(drop_path)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, x: Tensor, bias: Tensor | None = None) -> Tensor:
        x = x + self.drop_path(self.drop(self.attn(self.norm1(x), bias)))
        return x + self.drop_path(self.drop(self.mlp(self.norm2(x))))
