"""The text encoder backbone: places that look both ways."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.interop import Interop
from headstart.core.contracts.ranges import Few, Share, Size
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.models.nn.attention import blinkers
from headstart.models.nn.dropout import Dropout
from headstart.models.nn.embedding import FROM_SCRATCH, Words, vocabulary_of
from headstart.models.nn.perceptron import linear
from headstart.models.nn.rotary import attend_turned, head_width, turns

_BASE = 10_000.0


class Encoder(Backbone):
    """Bidirectional transformer for token ids, shaped like ModernBERT (Warner et al. 2024).

    x int [B, T], keep [B, T] -> Tokens of grid (T,). Pre-norm without biases, rotary positions, gated feedforward;
    every layer sees the whole row. Parameters carry ModernBERT's names, and a saved model opens with transformers'
    AutoModel.

    hidden   width inside the feedforward (0: one and a half times `width`, as in ModernBERT)
    dropout  share of embedding values, attention and feedforward outputs left out in training
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"ids"})
    matmul_bound: ClassVar[bool] = True
    advice: ClassVar[Mapping[str, Any]] = {"plan.lr": 1e-3, **FROM_SCRATCH}
    advice_tuned: ClassVar[Mapping[str, Any]] = {"plan.lr": 5e-4, "plan.epochs": 5}

    def __init__(
        self, spec: Spec, *, width: Size = 256, depth: Size = 4, heads: Size = 4, hidden: Few = 0, dropout: Share = 0.1
    ) -> None:
        super().__init__()
        self.width, self.heads, self.each, self.dropout = width, heads, head_width(width, heads), dropout
        self.vocab, self.hidden = vocabulary_of(spec), hidden or width * 3 // 2
        self.embeddings = _Embeddings(self.vocab, width, dropout)
        self.blocks = nn.ModuleList(_Layer(width, heads, self.hidden, dropout, first=i == 0) for i in range(depth))
        self.final_norm = nn.LayerNorm(width, bias=False)

    def embed(self, batch: Batch) -> Tokens:
        ids = batch["x"]
        return Tokens(self.embeddings(ids), batch["keep"], (ids.shape[1],), document=batch.get("document"))

    def encode(self, tokens: Tokens) -> Tokens:
        x, bias = tokens.x, blinkers(tokens, causal=False)
        cos, sin = turns(x.shape[1], self.each, _BASE, x.device)
        for layer in self.blocks:
            x = layer(x, cos, sin, bias)
        return tokens.with_x(self.final_norm(x))

    def layers(self) -> Sequence[nn.Module]:
        return [self.embeddings, *self.blocks, self.final_norm]

    @property
    def token_vectors(self) -> Tensor:
        return self.embeddings.tok_embeddings.weight

    @property
    def interop(self) -> Interop:
        rope = {"rope_type": "default", "rope_theta": _BASE}
        config = {
            "model_type": "modernbert", "architectures": ["ModernBertModel"], "vocab_size": self.vocab,
            "hidden_size": self.width, "intermediate_size": self.hidden, "num_hidden_layers": len(self.blocks),
            "num_attention_heads": self.heads, "layer_types": ["full_attention"] * len(self.blocks),
            "rope_parameters": {"full_attention": rope, "sliding_attention": rope}, "norm_eps": 1e-5,
            "embedding_dropout": self.dropout, "attention_dropout": 0.0, "mlp_dropout": self.dropout,
            "pad_token_id": 0, "bos_token_id": 2, "cls_token_id": 2, "eos_token_id": 3, "sep_token_id": 3,
        }  # fmt: skip
        return Interop(config, {"blocks.": "layers."})


class _Embeddings(nn.Module):
    """One vector a token id, normed. ids [B, T] -> [B, T, D]."""

    def __init__(self, vocab: int, width: int, dropout: float) -> None:
        super().__init__()
        self.tok_embeddings = Words(vocab, width)
        self.norm = nn.LayerNorm(width, bias=False)
        self.drop = Dropout(dropout)

    def forward(self, ids: Tensor) -> Tensor:
        return self.drop(self.norm(self.tok_embeddings(ids)))


class _Layer(nn.Module):
    """Attention, then a gated feedforward, each added to its input. x [B, N, D] -> [B, N, D]."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float, *, first: bool) -> None:
        super().__init__()
        self.attn_norm = nn.Identity() if first else nn.LayerNorm(width, bias=False)
        self.attn = _Attention(width, heads)
        self.mlp_norm = nn.LayerNorm(width, bias=False)
        self.mlp = _Gated(width, hidden, dropout)
        self.drop = Dropout(dropout)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, bias: Tensor | None) -> Tensor:
        x = x + self.drop(self.attn(self.attn_norm(x), cos, sin, bias))
        return x + self.mlp(self.mlp_norm(x))


class _Attention(nn.Module):
    """Places look at each other, turned by their positions. x [B, N, D] -> [B, N, D]."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.Wqkv = linear(width, 3 * width)
        self.Wo = linear(width, width)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, bias: Tensor | None) -> Tensor:
        return self.Wo(attend_turned(self.Wqkv(x), self.heads, cos, sin, bias))


class _Gated(nn.Module):
    """Two affine maps, one bent by GELU and multiplied by the other, and one back (Shazeer 2020)."""

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.Wi = linear(width, 2 * hidden)
        self.Wo = linear(hidden, width)
        self.drop = Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        bent, gate = self.Wi(x).chunk(2, -1)
        return self.Wo(self.drop(F.gelu(bent) * gate))
