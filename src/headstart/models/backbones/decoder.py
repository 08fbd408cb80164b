"""The decoder backbone: places, of texts or of numbers over time, that look back."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch, ReadOn
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.core import Core
from headstart.core.contracts.interop import Interop
from headstart.core.contracts.ranges import Few, Share, Size
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.models.nn.attention import blinkers
from headstart.models.nn.dropout import Dropout
from headstart.models.nn.embedding import FROM_SCRATCH, Words, vocabulary_of
from headstart.models.nn.kv_cache import Joined, Memory
from headstart.models.nn.lowrank import whole_weight
from headstart.models.nn.perceptron import linear, side_by_side
from headstart.models.nn.rotary import attend_turned, head_width, turns
from headstart.models.nn.time_patches import OVER_TIME, TimePatches, last_kept

_BASE = 10_000.0
_EPS = 1e-6


class Decoder(Backbone):
    """Causal transformer for token ids and for numbers over time, shaped like Llama (Touvron et al. 2023): it can be
    taught to write.

    x int [B, T], keep [B, T] -> Tokens of grid (T,). Pre-norm (RMS), rotary positions, gated feedforward, no biases.
    Parameters carry Llama's names, and a saved model of ids opens with transformers' AutoModel and
    AutoModelForCausalLM. Series, spectra and waveforms are read in stretches: x [B, C, H, W] or [B, T, C] -> Tokens of
    grid (1, N) or (N,) (see `models/nn/time_patches.py`); the summary is then the last state beside the mean,
    [B, 2 * width], as the last alone has seen the whole row.

    hidden   width inside the feedforward (0: 8/3 of `width`, rounded up to a multiple of 32)
    patch    steps of a stretch of numbers over time ("auto": a row is cut into 64 of them)
    dropout  share of attention and feedforward outputs left out in training
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"ids", "grid", "steps"})
    core: ClassVar[Core | None] = Core(
        frozenset({"width", "depth", "heads", "hidden"}),
        lambda network: {"blocks": network.blocks, "norm": network.norm},
    )
    causal: ClassVar[bool] = True
    matmul_bound: ClassVar[bool] = True
    advice: ClassVar[Mapping[str, Any]] = {"plan.lr": 1e-3, **FROM_SCRATCH}
    advice_tuned: ClassVar[Mapping[str, Any]] = {"plan.lr": 5e-4, "plan.epochs": 5}

    def __init__(
        self, spec: Spec, *, width: Size = 256, depth: Size = 4, heads: Size = 4, hidden: Few = 0,
        patch: Size | Literal["auto"] = "auto", dropout: Share = 0.0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.width, self.heads, self.each = width, heads, head_width(width, heads)
        self.hidden, timed = hidden or -(-width * 8 // 96) * 32, spec.layout in OVER_TIME
        self.patches = TimePatches(spec, width, patch, dropout) if timed else None
        self.vocab, self.places = (0, 0) if timed else (vocabulary_of(spec), spec.sizes["length"])
        self.embed_tokens = None if timed else Words(self.vocab, width)
        self.blocks = nn.ModuleList(_Layer(width, heads, self.hidden, dropout) for _ in range(depth))
        self.norm = nn.RMSNorm(width, eps=_EPS)

    @classmethod
    def learner(cls, about: Circumstances) -> Choice | None:
        if about.spec.layout != "ids":
            return Choice("causal", "decoder is causal, so it predicts the next stretch")
        return Choice("causal", "decoder is causal, so it predicts the next token")

    def embed(self, batch: Batch) -> Tokens:
        ids = batch["x"]
        if self.embed_tokens is None:
            return self._reader(batch)
        return Tokens(self.embed_tokens(ids), batch["keep"], (ids.shape[1],), document=batch.get("document"))

    def encode(self, tokens: Tokens) -> Tokens:
        x, bias = tokens.x, blinkers(tokens, causal=True)
        cos, sin = turns(x.shape[1], self.each, _BASE, x.device)
        for block in self.blocks:
            x = block(x, cos, sin, bias)
        return tokens.with_x(self.norm(x))

    @property
    def cache(self) -> ReadOn | None:
        return None if self.embed_tokens is None else self._read_on

    def _read_on(self, x: Tensor, memory: Any) -> tuple[Tensor, Any]:
        assert self.embed_tokens is not None  # else there is no cache
        if memory is None:
            layers = [block.joined() for block in self.blocks]  # pyright: ignore[reportCallIssue]
            memory = Memory(layers, heads=self.heads, base=_BASE, eps=_EPS)
        return self.norm(memory.read(self.embed_tokens(x))), memory

    def layers(self) -> Sequence[nn.Module]:
        return [self._reader, *self.blocks, self.norm]

    @property
    def _reader(self) -> nn.Module:
        reader = self.embed_tokens if self.patches is None else self.patches
        assert reader is not None  # one of both is there
        return reader

    def summary(self, tokens: Tokens) -> Tensor:
        if self.patches is None:
            return tokens.pooled()
        return torch.cat([last_kept(tokens), tokens.pooled()], 1)

    @property
    def token_vectors(self) -> Tensor | None:
        return None if self.embed_tokens is None else self.embed_tokens.weight

    @property
    def interop(self) -> Interop | None:
        if self.embed_tokens is None:
            return None
        config = {
            "model_type": "llama", "architectures": ["LlamaModel"], "vocab_size": self.vocab,
            "hidden_size": self.width, "intermediate_size": self.hidden, "num_hidden_layers": len(self.blocks),
            "num_attention_heads": self.heads, "num_key_value_heads": self.heads, "rms_norm_eps": _EPS,
            "rope_parameters": {"rope_type": "default", "rope_theta": _BASE}, "max_position_embeddings": self.places,
            "tie_word_embeddings": True, "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3,
        }  # fmt: skip
        return Interop(config, {"blocks.": "layers."})


class _Layer(nn.Module):
    """Attention to earlier places, then a gated feedforward, each added to its input. x [B, N, D] -> [B, N, D]."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(width, eps=_EPS)
        self.self_attn = _Attention(width, heads)
        self.post_attention_layernorm = nn.RMSNorm(width, eps=_EPS)
        self.mlp = _Gated(width, hidden)
        self.drop = Dropout(dropout)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, bias: Tensor | None) -> Tensor:
        x = x + self.drop(self.self_attn(self.input_layernorm(x), cos, sin, bias))
        return x + self.drop(self.mlp(self.post_attention_layernorm(x)))

    def joined(self) -> Joined:
        """Its weights in the form that reads on fastest."""
        look, mlp = self.self_attn, self.mlp
        scales = self.input_layernorm.weight, self.post_attention_layernorm.weight
        parts = (look.q_proj, look.k_proj, look.v_proj, look.o_proj, mlp.gate_proj, mlp.up_proj, mlp.down_proj)
        return Joined.of(*map(whole_weight, parts), scales=scales, heads=look.heads)


class _Attention(nn.Module):
    """Places look back, turned by their positions. x [B, N, D] -> [B, N, D]."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj = linear(width, width), linear(width, width)
        self.v_proj, self.o_proj = linear(width, width), linear(width, width)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, bias: Tensor | None) -> Tensor:
        qkv = side_by_side(x, self.q_proj, self.k_proj, self.v_proj)  # [B, N, 3 * D]; Llama keeps the weights apart
        return self.o_proj(attend_turned(qkv, self.heads, cos, sin, bias))


class _Gated(nn.Module):
    """Two affine maps, one bent by SiLU and multiplied by the other, and one back (Shazeer 2020)."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.gate_proj, self.up_proj = linear(width, hidden), linear(width, hidden)
        self.down_proj = linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))
