"""Attention, with the kernel chosen by measurement."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts.tokens import Tokens

# On a CPU the fused kernel's bf16 backward is 2.5-8 times slower than two matrix products for short sequences.
_SHORT = 256
NEVER = -1e9  # not -inf: a padded place that sees nothing would become NaN


def attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None = None) -> Tensor:
    """Softmax attention, [B, heads, N, d] each -> [B, heads, N, d]. bias [B or 1, 1, N, N] is added to the scores."""
    # an exported graph is one for every length, so it takes one way
    if not torch.compiler.is_exporting() and query.device.type == "cpu" and key.shape[-2] <= _SHORT:
        scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1)  # [B, heads, N, N]
        if bias is not None:
            scores += bias
        return scores.softmax(-1).to(value.dtype) @ value
    return F.scaled_dot_product_attention(query, key, value, None if bias is None else bias.to(query.dtype))


def blinkers(tokens: Tokens, *, causal: bool) -> Tensor | None:
    """[B or 1, 1, N, N] that `attend` adds so that no place sees padding, another document or (`causal`) a later place;
    None where every place may see every other."""
    _, n, _ = tokens.x.shape
    seen: Tensor | None = None
    if torch.compiler.is_exporting() or not bool(tokens.keep.all()):  # what rows will be given is not known there
        seen = tokens.keep[:, None, :]  # [B, 1, N]
    if tokens.document is not None:
        own = tokens.document[:, :, None] == tokens.document[:, None, :]  # [B, N, N]
        seen = own if seen is None else seen & own
    if causal:
        before = torch.ones(n, n, dtype=torch.bool, device=tokens.x.device).tril()
        seen = before[None] if seen is None else seen & before
    if seen is None:
        return None
    return torch.where(seen, 0.0, NEVER)[:, None]


class Attention(nn.Module):
    """Every place looks at every other. x [B, N, D] -> [B, N, D]. bias [B, 1, N, N] is added to the scores."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor, bias: Tensor | None = None) -> Tensor:
        b, n, d = x.shape
        parts = self.qkv(x).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        query, key, value = parts.unbind(0)  # [B, heads, N, d] each
        return self.proj(attend(query, key, value, bias).transpose(1, 2).reshape(b, n, d))
