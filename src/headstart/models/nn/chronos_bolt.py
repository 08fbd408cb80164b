"""The network of Chronos-Bolt (Ansari et al. 2024): an encoder of stretches of a series, and a decoder of one place
whose state says the quantiles of what comes next.

Its parts are T5's, as transformers has them; weights carry the names of published checkpoints (Apache-2.0).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:
    from transformers import T5Config

_FLAT = 1e-5  # the deviation of a series that does not move


class ChronosBolt(nn.Module):
    """Values [B, L] -> quantiles of the next `ahead` steps, [B, Q, ahead], in the unit of the values.

    settings  T5's
    form      how values are cut and told: context_length, prediction_length, input_patch_size, input_patch_stride,
              quantiles, use_reg_token
    """

    def __init__(self, settings: T5Config, form: Mapping[str, Any]) -> None:
        from transformers.models.t5.modeling_t5 import T5Stack

        super().__init__()
        self.context, self.ahead = int(form["context_length"]), int(form["prediction_length"])
        self.patch, self.stride = int(form["input_patch_size"]), int(form["input_patch_stride"])
        self.levels, self.ends = [float(level) for level in form["quantiles"]], bool(form.get("use_reg_token", False))
        width, inner, act = settings.d_model, settings.d_ff, settings.dense_act_fn
        self.begin = settings.decoder_start_token_id or 0
        self.shared = nn.Embedding(2 if self.ends else 1, width)  # the place that decodes, and the one at the end
        self.input_patch_embedding = _Residual(2 * self.patch, inner, width, act, settings.dropout_rate)
        encoder, decoder = copy.deepcopy(settings), copy.deepcopy(settings)
        encoder.is_decoder, encoder.use_cache, encoder.vocab_size = False, False, 1
        decoder.is_decoder, decoder.use_cache, decoder.vocab_size = True, False, 1
        decoder.num_layers = settings.num_decoder_layers or settings.num_layers
        self.encoder, self.decoder = T5Stack(encoder), T5Stack(decoder)
        for stack in (self.encoder, self.decoder):
            del stack.embed_tokens  # both are given vectors
        self.output_patch_embedding = _Residual(width, inner, len(self.levels) * self.ahead, act, settings.dropout_rate)

    def cut(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Values [B, L] -> vectors of stretches [B, N, D], and which of them hold a value, [B, N]. Each row is brought
        to mean 0 and deviation 1 first; of longer rows the last `context` values are read."""
        values = self._standard(x[:, -self.context :])[0]
        there = torch.ones_like(values)
        lacking = -values.shape[1] % self.patch
        values, there = (
            F.pad(one, (lacking, 0)).unfold(1, self.patch, self.stride) for one in (values, there)
        )  # [B, N, patch]
        vectors, keep = self.input_patch_embedding(torch.cat([values, there], 2)), there.sum(2) > 0
        if self.ends:
            last = self.shared.weight[1].expand(len(x), 1, -1)
            vectors, keep = torch.cat([vectors, last], 1), F.pad(keep, (0, 1), value=True)
        return vectors, keep

    def encode(self, vectors: Tensor, keep: Tensor) -> Tensor:
        """Vectors [B, N, D] -> states [B, N, D]."""
        return self.encoder(inputs_embeds=vectors, attention_mask=keep).last_hidden_state

    def decode(self, states: Tensor, keep: Tensor) -> Tensor:
        """States [B, N, D] of stretches -> the one of what comes, [B, D]."""
        begin = self.shared.weight[self.begin].expand(len(states), 1, -1)
        made = self.decoder(inputs_embeds=begin, encoder_hidden_states=states, encoder_attention_mask=keep)
        return made.last_hidden_state[:, 0]

    def next_steps(self, x: Tensor) -> Tensor:
        """Values [B, L] -> [B, Q, ahead]."""
        _, mean, deviation = self._standard(x[:, -self.context :])
        vectors, keep = self.cut(x)
        said = self.output_patch_embedding(self.decode(self.encode(vectors, keep), keep))
        return (said * deviation + mean).unflatten(1, (len(self.levels), self.ahead))

    def forward(self, x: Tensor, steps: int) -> Tensor:
        """Values [B, L] -> quantiles [B, Q, steps].

        Further than `ahead` steps each of the Q quantiles goes on as a series of its own, and of the Q * Q that follow
        the quantiles are taken, as the authors' library does it.
        """
        made = [self.next_steps(x)]
        past, rows, count = x[:, None].expand(-1, len(self.levels), -1), len(x), len(self.levels)
        at = torch.tensor(self.levels, device=x.device, dtype=x.dtype)
        while len(made) * self.ahead < steps:
            past = torch.cat([past, made[-1]], 2)[..., -self.context :]
            each = self.next_steps(past.flatten(0, 1)).reshape(rows, count * count, self.ahead)
            made.append(torch.quantile(each.to(at.dtype), at, dim=1).transpose(0, 1))
        return torch.cat(made, 2)[..., :steps]

    @staticmethod
    def _standard(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Rows [B, L] of mean 0 and deviation 1, and both [B, 1]."""
        mean = x.mean(1, keepdim=True)
        deviation = (x - mean).square().mean(1, keepdim=True).sqrt()
        deviation = torch.where(deviation == 0, _FLAT, deviation)
        return (x - mean) / deviation, mean, deviation


class _Residual(nn.Module):
    """Two affine maps with an activation between them, and one beside them. [..., F] -> [..., K]."""

    def __init__(self, width: int, inner: int, outputs: int, activation: str, dropout: float) -> None:
        from transformers.activations import ACT2FN

        super().__init__()
        self.hidden_layer, self.output_layer = nn.Linear(width, inner), nn.Linear(inner, outputs)
        self.residual_layer = nn.Linear(width, outputs)
        self.act, self.dropout = ACT2FN[activation], nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.output_layer(self.act(self.hidden_layer(x)))) + self.residual_layer(x)
