"""The backbone that the transformers library builds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch, ReadOn
from headstart.core.contracts.interop import Interop
from headstart.core.contracts.resize import Resize
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import ContractError, DataError
from headstart.models.nn import feature_maps
from headstart.models.nn.foreign import built, drop_pooler, in_silence, is_part, parsed, read_on, reads_on
from headstart.models.nn.foreign_ids import begins_by_itself, first_states
from headstart.models.nn.foreign_sound import Hearing, hearing, settled
from headstart.models.nn.patches import picture_of
from headstart.models.nn.positions import carried
from headstart.models.nn.stem_and_body import (
    FOREIGN,
    FOREIGN_TUNED,
    REFUSING,
    Form,
    cut,
    halves_agree,
    parts_in_order,
    reader,
    resumed,
    trial_picture,
)  # fmt: skip
from headstart.models.public.detector_backbone import only_within
from headstart.models.trust.size_limit import allowance
from headstart.models.trust.weights import inspect_all, only_weights

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# A masked autoencoder's encoder without the hiding is a plain network, with the same names of its weights.
_READ_AS: Mapping[str, str] = {"vit_mae": "vit"}
# They interpolate their positions whenever they read, in their own way.
_ANY_SIZE = ("dinov2", "dinov2_with_registers")


def _settings_at(settings: Mapping[str, Any], learned: Spec, asked: Spec) -> dict[str, Any]:
    """A config that names the size of its pictures names the new one; other networks take any."""
    size = parsed(settings["config"]).to_dict().get("image_size")
    named = [size, size] if isinstance(size, int) else size
    (_, *before), (_, *now) = picture_of(learned), picture_of(asked)
    other = not isinstance(named, list | tuple) or [*named] != before
    if other or settings["config"]["model_type"] in _ANY_SIZE:
        return dict(settings)
    square = isinstance(size, int) and now[0] == now[1]
    return {**settings, "config": {**settings["config"], "image_size": now[0] if square else now}}


def _weights_from(new: Hf, old: Hf) -> dict[str, Tensor]:
    """Learned positions are interpolated as `interpolate_pos_encoding` of transformers does it."""
    theirs, own = old.model.state_dict(), new.model.state_dict()
    if new.config.get("image_size") != old.config.get("image_size"):
        theirs = carried(theirs, own, old.taken.grid, new.taken.grid, antialias=False)
    return {f"model.{name}": tensor for name, tensor in theirs.items()}


class Hf(Backbone):
    """A network of the transformers library, for text, sequences, pictures or sound, as its config describes it.

    Ids x [B, T] -> Tokens of grid (T,). Pictures x [B, C, H, W] -> Tokens of the network's own grid, behind its class
    token and registers where it has them. Samples x [B, S, 1] and log-mel [B, 1, mels, frames] -> Tokens of grid (T,);
    the Audio Spectrogram Transformer's are of grid (rows, columns). Of an encoder with a decoder only the encoder is
    built. Packed rows see only their own document where the network takes such a mask (DeBERTa does not, and sees the
    whole row).
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"grid", "ids", "steps"})
    resize: ClassVar[Resize | None] = Resize(_settings_at, _weights_from)
    advice: ClassVar[Mapping[str, Any]] = FOREIGN
    advice_tuned: ClassVar[Mapping[str, Any]] = FOREIGN_TUNED
    matmul_bound: ClassVar[bool] = True

    def __init__(self, spec: Spec, *, config: dict[str, Any]) -> None:
        super().__init__()
        kind = str(config.get("model_type"))
        channels = {"num_channels": spec.sizes["channels"]} if spec.sizes.get("channels", 3) != 3 else {}
        read_as = {"model_type": _READ_AS.get(kind, kind), "dtype": "float32"}  # whatever it was stored in
        self.config = settled({**channels, **config, **read_as})
        settings = parsed(self.config)
        self.model: PreTrainedModel = built(settings)
        self.reads = str(self.model.main_input_name)  # "input_ids", "pixel_values"; of sound it is told by the family
        self.sound: Hearing | None = None
        drop_pooler(self.model)
        self.eval()
        with torch.no_grad():
            if self.reads == "input_ids":
                if spec.layout != "ids":
                    fix = "use a network for these data, e.g. vit for pictures"
                    found = "data with " + ", ".join(spec.sizes)
                    raise ContractError(260, "this network reads text", found=found, fix=fix)
                try:
                    self._try_text()
                except REFUSING as cause:  # sizes that do not fit each other
                    raise ContractError(
                        251, "this network cannot be built", where="backbone.config", found=f"{kind}, {cause}"
                    ) from cause
            elif self.reads == "pixel_values":
                self._try_picture(picture_of(spec))
            else:
                self.sound = hearing(self.model, spec)
                self.width = self.sound.width
        self.train()

    @classmethod
    def pretrained(cls, spec: Spec, directory: Path, *, config: dict[str, Any]) -> Hf:
        """The network with the weights of a checkpoint's directory; DataError if one is damaged, odd or missing."""
        from safetensors import SafetensorError

        with allowance(inspect_all(directory), directory):
            made = cls(spec, config=config)
        settings, wanted = parsed(made.config), made.model.state_dict().keys()
        kind: Any = type(made.model)
        fix = "use an intact copy of the checkpoint"
        try:
            part = is_part(settings)
            with in_silence(), only_within(directory, wanted) if part else only_weights(directory) as checked:
                loaded, report = kind.from_pretrained(
                    str(checked), config=settings, dtype=torch.float32, use_safetensors=True, local_files_only=True,
                    output_loading_info=True,
                )  # fmt: skip
        except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as cause:
            raise DataError(364, "public weights cannot be read", where=directory, found=cause, fix=fix) from cause
        # a pooler that was kept is a norm; where the checkpoint has none it begins as one that only standardises
        missing = sorted(n for n in set(report["missing_keys"]) & set(wanted) if not n.startswith("pooler."))
        if missing:
            found = f"no {missing[0]} ({len(missing)} missing)"
            raise DataError(365, "public weights are incomplete", where=directory, found=found, fix=fix)
        state = loaded.state_dict()
        made.model.load_state_dict({name: state[name] for name in wanted})
        return made

    def embed(self, batch: Batch) -> Tokens:
        x = batch["x"]
        if self.reads == "input_ids":
            keep = batch["keep"] if "keep" in batch else torch.ones_like(x, dtype=torch.bool)
            vectors = self._embedding()
            x = torch.where(keep, x, x.clamp_max(len(vectors.weight) - 1))  # some have no vector for their padding
            states = first_states(self.model, x, keep) if self.begins_by_itself else vectors(x)
            return Tokens(states, keep, (x.shape[1],), document=batch.get("document"))  # [B, T, E]
        return self.sound.embed(batch) if self.sound else self.taken.tokens(self._first()(x))

    def encode(self, tokens: Tokens) -> Tokens:
        if self.sound:
            return self.sound.encode(tokens)
        if self.reads == "input_ids":
            out = self.model(inputs_embeds=tokens.x, attention_mask=self._mask(tokens))
            return tokens.with_x(out.last_hidden_state)
        return self.made.tokens(self._resume(tokens))

    def depths(self, batch: Batch) -> tuple[list[Tokens], Tokens]:
        if self.reads != "input_ids":
            return super().depths(batch)
        tokens = self.embed(batch)
        out = self.model(inputs_embeds=tokens.x, attention_mask=self._mask(tokens), output_hidden_states=True)
        return [tokens.with_x(x) for x in out.hidden_states[1:-1]], tokens.with_x(out.last_hidden_state)

    @property
    def cache(self) -> ReadOn | None:
        return self._read_on if self.reads == "input_ids" and self.causal else None

    def _read_on(self, x: Tensor, memory: Any) -> tuple[Tensor, Any]:
        """`memory`: a cache of transformers' own."""
        if memory is None and not reads_on(self.model, self._embedding().weight[:6]):
            found, fix = self.config["model_type"], "use a network with attention, such as GPT-2 or Llama"
            raise ContractError(145, "this network has no usable cache of keys and values", found=found, fix=fix)
        return read_on(self.model, self._embedding()(x), memory)

    def layers(self) -> Sequence[nn.Module]:
        return parts_in_order(self.model)

    @property
    def token_vectors(self) -> Tensor | None:
        return self._embedding().weight if self.reads == "input_ids" else None

    @property
    def interop(self) -> Interop:
        # one that writes learns to do so with its vocabulary, whatever output of its own the checkpoint had
        tied = {"tie_word_embeddings": True} if self.causal else {}
        return Interop({**self.config, **tied, "architectures": [type(self.model).__name__]}, {"model.": ""})

    def pyramid(self, batch: Batch) -> list[Tokens]:
        """The last maps of every size where there are several, else the output alone."""
        there = self.reads == "pixel_values" and self.scales
        return feature_maps.maps(self.scales, lambda: self(batch)) if there else super().pyramid(batch)

    def summary(self, tokens: Tokens) -> Tensor:
        """What transformers pools where it does so without weights or by a norm, else the class token or the mean."""
        if self.sound:
            return self.sound.summary(tokens)
        if self.reads != "pixel_values":
            return tokens.pooled()
        return self._pooled(tokens, *self.pools)

    def _embedding(self) -> nn.Embedding:
        embedding = self.model.get_input_embeddings()
        assert isinstance(embedding, nn.Embedding)
        return embedding

    def _mask(self, tokens: Tokens) -> Tensor:
        """Which places may be seen: [B, T], or [B, 1, T, T] to be added to the scores where rows are packed."""
        if tokens.document is None or not self.packs:
            return tokens.keep.long()
        n = tokens.document.shape[1]
        seen = (tokens.document[:, :, None] == tokens.document[:, None, :]) & tokens.keep[:, None, :]  # [B, T, T]
        if self.causal:
            seen = seen & torch.ones(n, n, dtype=torch.bool, device=seen.device).tril()
        seen = seen | torch.eye(n, dtype=torch.bool, device=seen.device)  # a softmax over nothing is not a number
        return tokens.x.new_zeros(seen.shape).masked_fill(~seen, torch.finfo(tokens.x.dtype).min)[:, None]

    def _try_text(self) -> None:
        """See the width, whether a place sees later ones, and whether packed rows can be kept apart."""
        self.begins_by_itself = begins_by_itself(self.model)
        x = self._embedding().weight[:4][None]  # [1, 4, E]
        keep, document = torch.ones(1, 4, dtype=torch.bool), torch.tensor([[0, 0, 1, 1]])
        last, first = x.clone(), x.clone()
        last[:, -1], first[:, 0] = -last[:, -1].flip(-1), -first[:, 0].flip(-1)  # a mere shift, norms would take away
        out = self.model(inputs_embeds=x, attention_mask=keep.long()).last_hidden_state
        changed = self.model(inputs_embeds=last, attention_mask=keep.long()).last_hidden_state
        self.width = int(out.shape[-1])
        self.causal = torch.equal(out[:, 0], changed[:, 0])  # pyright: ignore[reportAttributeAccessIssue]
        self.packs = True
        try:
            one, other = (self.encode(Tokens(t, keep, (4,), document=document)).x for t in (x, first))
            self.packs = torch.allclose(one[:, 2:], other[:, 2:], atol=1e-6) and bool(one.isfinite().all())
        except (ValueError, TypeError, IndexError, RuntimeError):  # each network refuses such a mask in its own way
            self.packs = False

    def _try_picture(self, picture: tuple[int, int, int]) -> None:
        """Cut the network and see the form of its halves, its inner maps and how it pools."""
        self.picture = picture
        x, size = trial_picture(self.model, picture), picture[1:]
        patch = self.config.get("patch_size")
        usual = (size[0] // patch, size[1] // patch) if isinstance(patch, int) else None
        try:
            self.first_name, whole = reader(self.model, self._whole, x)
            cut(self._first())
            first = self._first()(x)
            self.taken = Form.of(first, size, grid=usual)
            out = self._resume(self.taken.tokens(first))
            halves_agree(_last(whole), out)
            self.made = Form.of(out, size, grid=self.taken.grid)
            self.scales = feature_maps.find(self.model, self._whole, x)
        except REFUSING as cause:
            raise ContractError(
                252, "this network cannot be split for these pictures", where="backbone.config",
                found=f"{self.config['model_type']}, {cause}", fix="use pictures of its own size, or another network",
            ) from cause  # fmt: skip
        feature_maps.watch(self.model, self.scales)
        tokens = self.made.tokens(out)
        self.width = tokens.x.shape[2]
        self.pools = self._pooling(tokens, whole.get("pooler_output"))

    def _pooling(self, tokens: Tokens, theirs: Tensor | None) -> tuple[bool, str]:
        """Which simple way to pool is transformers' own: by the class token or else the mean, and behind which norm."""
        named = [(n, m) for n, m in self.model.named_modules() if n.count(".") < 2 and isinstance(m, nn.LayerNorm)]
        # the last first: that behind the blocks stands below the one before them
        norms = ["", *(name for name, norm in reversed(named) if norm.normalized_shape == (self.width,))]
        ways = [(first, norm) for norm in norms for first in (True, False) if tokens.prefix or not first]
        if theirs is None:
            return ways[0]
        wanted = theirs.flatten(1)
        for way in ways:
            found = self._pooled(tokens, *way)
            if found.shape == wanted.shape and torch.allclose(found, wanted, rtol=1e-3, atol=1e-5):
                return way
        return ways[0]

    def _pooled(self, tokens: Tokens, first: bool, norm: str) -> Tensor:
        pooled = tokens.x[:, 0] if first else tokens.pooled()  # [B, width]
        return self.model.get_submodule(norm)(pooled) if norm else pooled

    def _first(self) -> nn.Module:
        return self.model.get_submodule(self.first_name)

    def _resume(self, tokens: Tokens) -> Tensor:
        """The second half: the whole network on an empty picture, its first module answering with the tokens."""
        b = tokens.x.shape[0]  # len(x) would fix the number of rows in an exported graph
        blank = tokens.x.new_zeros(1).expand(b, *self.picture)
        with resumed(self._first(), self.taken.original(tokens)):
            return _last(self._whole(blank))

    def _whole(self, x: Tensor) -> Any:
        return self.model(pixel_values=x)


def _last(made: Any) -> Tensor:
    """What a network returns for pictures; of one that hands out maps the last."""
    return made["feature_maps"][-1] if "feature_maps" in made else made.last_hidden_state
