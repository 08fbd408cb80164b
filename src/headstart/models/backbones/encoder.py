"""The encoder backbone: token ids, stretches of time, or cells of tables, that look both ways."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.choice import Circumstances
from headstart.core.contracts.core import Core
from headstart.core.contracts.interop import Interop
from headstart.core.contracts.ranges import Few, Share, Size
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.models.nn.attention import blinkers
from headstart.models.nn.cells import CellTokens
from headstart.models.nn.dropout import Dropout
from headstart.models.nn.embedding import FROM_SCRATCH, Words, vocabulary_of
from headstart.models.nn.perceptron import linear
from headstart.models.nn.rotary import attend_turned, head_width, turns
from headstart.models.nn.time_patches import OVER_TIME, TimePatches

_BASE = 10_000.0
_TABLE: Mapping[str, Any] = {
    "backbone.width": 64, "backbone.depth": 3, "plan.lr": 2e-3, "plan.batch": 256,
}  # fmt: skip
"""What suits a table: its rows are short, and many more than its columns."""
_EPOCHS, _SEEN = (4, 20), 320_000  # of a table: as many as show so many rows, but not fewer or more


class Encoder(Backbone):
    """Bidirectional transformer for ids, numbers over time and tables, shaped like ModernBERT (Warner et al. 2024).

    x int [B, T], keep [B, T] -> Tokens of grid (T,). Pre-norm without biases, rotary positions, gated feedforward;
    every layer sees the whole row. Parameters carry ModernBERT's names, and a saved model of ids opens with
    transformers' AutoModel. Series, spectra and waveforms are read in stretches: x [B, C, H, W] or [B, T, C] ->
    Tokens of grid (1, N) or (N,) (see `models/nn/time_patches.py`). Of a table every cell is a place, without a
    position, as columns have no order: Tokens of grid (cells,) (FT-Transformer, Gorishniy et al. 2021).

    hidden   width inside the feedforward (0: one and a half times `width`, as in ModernBERT)
    patch    steps of a stretch of numbers over time ("auto": a row is cut into 64 of them)
    bins     of the rank of a number in a table
    dropout  share of embedding values, attention and feedforward outputs left out in training
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"ids", "grid", "steps", "cells"})
    core: ClassVar[Core | None] = Core(
        frozenset({"width", "depth", "heads", "hidden"}),
        lambda network: {"blocks": network.blocks, "final_norm": network.final_norm},
    )
    matmul_bound: ClassVar[bool] = True
    advice: ClassVar[Mapping[str, Any]] = {"plan.lr": 1e-3, **FROM_SCRATCH}
    advice_tuned: ClassVar[Mapping[str, Any]] = {"plan.lr": 5e-4, "plan.epochs": 5}

    def __init__(
        self,
        spec: Spec,
        *,
        width: Size = 256,
        depth: Size = 4,
        heads: Size = 4,
        hidden: Few = 0,
        patch: Size | Literal["auto"] = "auto",
        bins: Size = 32,
        dropout: Share = 0.1,
    ) -> None:
        super().__init__()
        self.width, self.heads, self.each, self.dropout = width, heads, head_width(width, heads), dropout
        self.hidden = hidden or width * 3 // 2
        timed, table = spec.layout in OVER_TIME, spec.layout == "cells"
        self.patches = TimePatches(spec, width, patch, dropout) if timed else None
        self.cells = CellTokens(spec, width, bins, dropout) if table else None
        self.embeddings = None if timed or table else _Embeddings(vocabulary_of(spec), width, dropout)
        normed = self.embeddings is not None
        self.blocks = nn.ModuleList(
            _Layer(width, heads, self.hidden, dropout, normed=i == 0 and normed) for i in range(depth)
        )
        self.final_norm = nn.LayerNorm(width, bias=False)

    def embed(self, batch: Batch) -> Tokens:
        ids = batch["x"]
        if self.embeddings is None:
            return self._reader(batch)
        return Tokens(self.embeddings(ids), batch["keep"], (ids.shape[1],), document=batch.get("document"))

    def encode(self, tokens: Tokens) -> Tokens:
        return tokens.with_x(self.final_norm(self._states(tokens)[-1]))

    def depths(self, batch: Batch) -> tuple[list[Tokens], Tokens]:
        tokens = self.embed(batch)
        *inner, last = (tokens.with_x(self.final_norm(x)) for x in self._states(tokens))
        return inner, last

    def _states(self, tokens: Tokens) -> list[Tensor]:
        """The places after every layer, [B, N, D] each."""
        x, bias = tokens.x, blinkers(tokens, causal=False)
        places = x.shape[1] if self.cells is None else 1  # nothing is turned by the first place
        cos, sin = turns(places, self.each, _BASE, x.device)
        states = list[Tensor]()
        for layer in self.blocks:
            x = layer(x, cos, sin, bias)
            states.append(x)
        return states

    def layers(self) -> Sequence[nn.Module]:
        return [self._reader, *self.blocks, self.final_norm]

    @classmethod
    def advised(cls, about: Circumstances, *, task: bool, pretrained: bool) -> Mapping[str, Any]:
        usual = super().advised(about, task=task, pretrained=pretrained)
        if about.spec.layout != "cells":
            return usual
        least, most = _EPOCHS
        epochs = max(least, min(most, round(_SEEN / max(1, about.rows))))
        return {**usual, **_TABLE, "plan.epochs": epochs, **(cls.advice_tuned if task and pretrained else {})}

    @property
    def _reader(self) -> nn.Module:
        reader = self.embeddings or self.patches or self.cells
        assert reader is not None  # one of them is there
        return reader

    @property
    def token_vectors(self) -> Tensor | None:
        return None if self.embeddings is None else self.embeddings.tok_embeddings.weight

    @property
    def interop(self) -> Interop | None:
        vectors = self.token_vectors
        if vectors is None:
            return None
        rope = {"rope_type": "default", "rope_theta": _BASE}
        config = {
            "model_type": "modernbert", "architectures": ["ModernBertModel"], "vocab_size": len(vectors),
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
    """Attention, then a gated feedforward, each added to its input. x [B, N, D] -> [B, N, D].

    normed  its input is
    """

    def __init__(self, width: int, heads: int, hidden: int, dropout: float, *, normed: bool) -> None:
        super().__init__()
        self.attn_norm = nn.Identity() if normed else nn.LayerNorm(width, bias=False)
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
