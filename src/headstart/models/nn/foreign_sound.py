"""Networks of the transformers library that hear, in two halves: what reads the sound, and the blocks behind it.

Every row comes out as it does alone: padding is neither heard nor counted, however long the other rows of a batch are.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from headstart.core.contracts import Batch
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import ContractError
from headstart.models.nn.stem_and_body import REFUSING

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# Settings that would leave weights behind that never learn, or layers out at random: augmentation is ours.
_SETTLED: Mapping[str, Any] = {"mask_time_prob": 0.0, "mask_feature_prob": 0.0, "layerdrop": 0.0, "add_adapter": False}
_WHISPERS: Mapping[str, Any] = {"encoder_layerdrop": 0.0}
_MOST = 1 << 18  # samples of a place: those of wav2vec 2.0 have 400
_TRIAL = 4  # samples more than the shortest clip that gives a place, times the step of a place


class Hearing(Protocol):
    """A network's halves. `width` is D of its places, `layout` the form of its data."""

    layout: Layout
    width: int

    def embed(self, batch: Batch) -> Tokens: ...
    def encode(self, tokens: Tokens) -> Tokens: ...
    def summary(self, tokens: Tokens) -> Tensor: ...


def settled(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config of a network that hears without what only its own pretraining needs; other configs as they are."""
    kind = str(config.get("model_type"))
    if kind == "whisper":
        return {**config, **_WHISPERS}
    return {**config, **_SETTLED} if kind in _WAVES else dict(config)


def hearing(model: PreTrainedModel, spec: Spec) -> Hearing:
    """The halves of a network; ContractError if they are not those of a known family, or the data are of another
    form."""
    kind = str(model.config.model_type)
    if kind not in _KINDS:
        found, fix = kind, f"use one of {', '.join(sorted(_KINDS))}"
        raise ContractError(253, "this network for sound is not supported", found=found, fix=fix)
    made = _KINDS[kind]
    channels = spec.sizes.get("channels", 1)
    if spec.layout != made.layout or channels != 1:
        found, expected = "data with " + ", ".join(spec.sizes), f"sound as {made.reads}"
        fix = "leave the settings of the modality out, or use a network for these data"
        raise ContractError(661, "this network reads sound", found=found, expected=expected, fix=fix)
    try:
        return made(model, spec)
    except REFUSING as cause:
        raise ContractError(
            251, "this network cannot be built", where="backbone.config", found=f"{kind}, {cause}"
        ) from cause


class Waves:
    """wav2vec 2.0 and what is built like it: convolutions over samples, then blocks. x [B, S, 1] -> grid (T,).

    Networks whose first layer is normalised over time (`feat_extract_norm` "group") were trained on rows without
    padding. Here that norm counts the samples of each row alone.
    """

    layout: Layout = "steps"
    reads = "samples"

    def __init__(self, model: PreTrainedModel, spec: Spec) -> None:
        config: Any = model.config
        self.model = model
        for name, parameter in list(model.named_parameters(recurse=False)):  # a mark for hidden places
            delattr(model, name)
            model.register_buffer(name, parameter.detach())
        self.steps = list(zip(config.conv_kernel, config.conv_stride, strict=True))
        self.shortest = 1
        for kernel, stride in reversed(self.steps):
            if min(kernel, stride) < 1:
                raise ValueError(f"convolutions of {kernel} samples every {stride}")
            self.shortest = (self.shortest - 1) * stride + kernel
        if self.shortest > _MOST:
            raise ValueError(f"places of {self.shortest:,} samples")
        self.width = int(config.hidden_size)
        self._compare()

    def embed(self, batch: Batch) -> Tokens:
        x = batch["x"][..., 0]  # [B, S]
        keep = batch["keep"] if "keep" in batch else torch.ones_like(x, dtype=torch.bool)
        x = functional.pad(x * keep, (0, max(0, self.shortest - x.shape[1])))
        lengths = keep.sum(1).clamp_min(self.shortest)  # [B]; a shorter clip is followed by silence
        x = x[:, None]  # [B, 1, S]
        for (kernel, stride), layer in zip(
            self.steps, self._part("feature_extractor.conv_layers").children(), strict=True
        ):
            lengths = (lengths - kernel) // stride + 1
            x = _convolved(layer, x, lengths)  # [B, C, T]
        x = self._part("feature_projection")(x.transpose(1, 2))
        x = x[0] if isinstance(x, tuple) else x  # [B, T, D]
        return Tokens(x, torch.arange(x.shape[1], device=x.device) < lengths[:, None], (x.shape[1],))

    def encode(self, tokens: Tokens) -> Tokens:
        x = tokens.x.masked_fill(~tokens.keep[..., None], 0)  # a copy: the network writes into what it is given
        with warnings.catch_warnings():  # WavLM hands torch masks of two types
            warnings.filterwarnings("ignore", "Support for mismatched key_padding_mask", UserWarning)
            return tokens.with_x(self._part("encoder")(x, attention_mask=tokens.keep).last_hidden_state)

    def summary(self, tokens: Tokens) -> Tensor:
        return tokens.pooled()

    def _part(self, name: str) -> nn.Module:
        return self.model.get_submodule(name)

    def _compare(self) -> None:
        """Do the halves give what the whole network does? ValueError if not."""
        generator = torch.Generator().manual_seed(0)
        stride = 1
        for _, step in self.steps:
            stride *= step
        x = torch.randn(1, self.shortest + _TRIAL * stride, generator=generator)
        whole = self.model(x).last_hidden_state
        halves = self.encode(self.embed({"x": x[..., None]})).x
        if whole.shape != halves.shape or not torch.allclose(whole, halves, rtol=1e-3, atol=1e-4):
            raise ValueError("its parts do not make up the whole network")


class Mel:
    """Whisper's encoder. x [B, 1, mels, frames] -> grid (T,), a place for two frames, as many as the clip has.

    Whisper itself reads 30 seconds, mostly silence. Here only the places of the clip see each other, so that a clip of
    30 seconds gives the same numbers, and a short one takes its share of the time. The last place of a clip reads two
    frames more, which x holds though they are not kept.
    """

    layout: Layout = "grid"
    reads = "Whisper's log-mel"

    def __init__(self, model: PreTrainedModel, spec: Spec) -> None:
        config: Any = model.config
        self.model, self.width = model, int(config.d_model)
        mels, most = int(config.num_mel_bins), 2 * int(config.max_source_positions)
        if spec.sizes["height"] != mels or spec.sizes["width"] > most:
            found = f"{spec.sizes['height']} mel bands, {spec.sizes['width']} frames"
            raise ValueError(f"{found} instead of {mels} and at most {most}")
        places = model.get_submodule("embed_positions").get_parameter("weight")
        model.add_module("embed_positions", _Fixed(places.detach()))

    def embed(self, batch: Batch) -> Tokens:
        x = batch["x"][:, 0]  # [B, M, F]
        keep = batch["keep"] if "keep" in batch else torch.ones_like(x[:, 0], dtype=torch.bool)  # [B, F]
        for name in ("conv1", "conv2"):
            x = functional.gelu(self.model.get_submodule(name)(x))
        x = x.transpose(1, 2)  # [B, T, D]
        x = x + self.model.get_submodule("embed_positions").get_buffer("weight")[: x.shape[1]]
        x = functional.dropout(x, self.model.config.dropout, self.model.training)
        return Tokens(x, keep[:, ::2], (x.shape[1],))

    def encode(self, tokens: Tokens) -> Tokens:
        x, seen = tokens.x, tokens.keep
        mask = x.new_zeros(seen.shape).masked_fill(~seen, torch.finfo(x.dtype).min)  # [B, T]
        mask = mask[:, None, None].expand(-1, 1, seen.shape[1], -1)  # [B, 1, T, T]
        for layer in self.model.get_submodule("layers").children():
            x = layer(x, mask)
        return tokens.with_x(self.model.get_submodule("layer_norm")(x))

    def summary(self, tokens: Tokens) -> Tensor:
        return tokens.pooled()


class Patches:
    """The Audio Spectrogram Transformer. x [B, 1, mels, frames] -> grid (rows, columns) behind its two class tokens.

    Its clips have one length; shorter ones end in zeros, which it has learned to read, so that no place is hidden.
    """

    layout: Layout = "grid"
    reads = "filter banks"

    def __init__(self, model: PreTrainedModel, spec: Spec) -> None:
        config: Any = model.config
        self.model, self.width = model, int(config.hidden_size)
        size, own = (spec.sizes["height"], spec.sizes["width"]), (config.num_mel_bins, config.max_length)
        if size != own:
            raise ValueError("{} mel bands, {} frames instead of {} and {}".format(*size, *own))
        patch, steps = config.patch_size, (config.frequency_stride, config.time_stride)
        rows, columns = ((side - patch) // step + 1 for side, step in zip(size, steps, strict=True))
        self.grid, self.span, self.step = (rows, columns), patch, config.time_stride
        x = torch.randn(1, 1, *size, generator=torch.Generator().manual_seed(0))
        whole = model(x[:, 0].transpose(1, 2)).last_hidden_state
        if not torch.allclose(whole, self.encode(self.embed({"x": x})).x, rtol=1e-3, atol=1e-4):
            raise ValueError("its parts do not make up the whole network")

    def embed(self, batch: Batch) -> Tokens:
        x = self.model.get_submodule("embeddings")(batch["x"][:, 0].transpose(1, 2))  # [B, 2 + rows * columns, D]
        return Tokens.full(x, self.grid, 2)

    def encode(self, tokens: Tokens) -> Tokens:
        x = tokens.x
        for layer in self.model.get_submodule("layers").children():
            x = layer(x, None)
        return tokens.with_x(self.model.get_submodule("layernorm")(x))

    def summary(self, tokens: Tokens) -> Tensor:
        """The mean of its two class tokens, as transformers pools."""
        return tokens.x[:, :2].mean(1)


class _Fixed(nn.Module):
    """Whisper's positions, which are waves of fixed lengths and never learn, under the name of their weights."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", weight)


def _convolved(layer: nn.Module, x: Tensor, lengths: Tensor) -> Tensor:
    """A layer of convolutions; a norm over time counts the first `lengths` [B] places of every row alone."""
    norm = dict(layer.named_children()).get("layer_norm")
    if not isinstance(norm, nn.GroupNorm):
        return layer(x)
    x = layer.get_submodule("conv")(x)  # [B, C, T]
    there = (torch.arange(x.shape[2], device=x.device) < lengths[:, None])[:, None]  # [B, 1, T]
    count = lengths[:, None, None].to(x.dtype)
    mean = (x * there).sum(2, keepdim=True) / count
    variance = ((x - mean).square() * there).sum(2, keepdim=True) / count
    x = (x - mean) * (variance + norm.eps).rsqrt()
    x = x * norm.weight[:, None] + norm.bias[:, None]
    return layer.get_submodule("activation")(x)


# Those whose convolutions lie deeper (data2vec-audio, wav2vec2-conformer, sew) hear padding and are not among them.
_WAVES = ("wav2vec2", "hubert", "wavlm", "unispeech", "unispeech-sat")
_KINDS: Mapping[str, type[Waves | Mel | Patches]] = {
    **dict.fromkeys(_WAVES, Waves), "whisper": Mel, "audio-spectrogram-transformer": Patches,
}  # fmt: skip
