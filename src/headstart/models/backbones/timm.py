"""The backbone that the timm library builds."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.interop import Interop
from headstart.core.contracts.resize import Resize
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import ContractError, DataError
from headstart.models.nn.names import timm_config
from headstart.models.nn.patches import as_tokens, picture_of
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
from headstart.models.public.detector_backbone import weights_within
from headstart.models.trust.size_limit import allowance
from headstart.models.trust.timm_config_check import check_timm
from headstart.models.trust.weights import inspect_all


def _settings_at(settings: Mapping[str, Any], learned: Spec, asked: Spec) -> dict[str, Any]:
    args = settings.get("model_args") or {}
    size = {"img_size": list(picture_of(asked)[1:])} if "img_size" in args else {}
    return {**settings, "model_args": {**args, **size}}


def _weights_from(new: Timm, old: Timm) -> dict[str, Tensor]:
    """Learned positions are interpolated; where that is not enough, timm does what it can."""
    wanted = new.model.state_dict()
    given = carried(old.model.state_dict(), wanted, old.taken.grid, new.taken.grid, antialias=True)
    fits = all(name in wanted and wanted[name].shape == tensor.shape for name, tensor in given.items())
    if not fits and isinstance(old.model, _Sizable):
        theirs = copy.deepcopy(old.model)
        theirs.set_input_size(img_size=new.picture[1:])
        given = theirs.state_dict()
    return {f"model.{name}": tensor for name, tensor in given.items()}


class Timm(Backbone):
    """A network of the timm library for pictures, as timm names it.

    x [B, C, H, W] -> Tokens of the network's own grid, behind its class token and registers where it has them.
    `model_args` are timm's own arguments of the architecture, `pretrained_cfg` what timm says about its input.
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"grid"})
    resize: ClassVar[Resize | None] = Resize(_settings_at, _weights_from)
    advice: ClassVar[Mapping[str, Any]] = FOREIGN
    advice_tuned: ClassVar[Mapping[str, Any]] = FOREIGN_TUNED
    matmul_bound: ClassVar[bool] = True

    def __init__(
        self,
        spec: Spec,
        *,
        architecture: str,
        model_args: dict[str, Any] | None = None,
        pretrained_cfg: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.picture = picture_of(spec)
        check_timm(architecture, model_args or {})
        self.architecture = architecture
        self.model_args = _fitted(architecture, model_args or {}, self.picture)
        self.pretrained_cfg = {**(pretrained_cfg or {}), "input_size": list(self.picture), "num_classes": 0}
        self.model: Any = _create(architecture, self.model_args)
        self.eval()
        with torch.no_grad():
            self._try()
        self.train()

    @classmethod
    def pretrained(
        cls,
        spec: Spec,
        directory: Path,
        *,
        architecture: str,
        model_args: dict[str, Any] | None = None,
        pretrained_cfg: dict[str, Any] | None = None,
    ) -> Timm:
        """The network with the weights of a checkpoint's directory; DataError if one is damaged, odd or missing."""
        try:
            with allowance(inspect_all(directory), directory):
                made = cls(spec, architecture=architecture, model_args=model_args, pretrained_cfg=pretrained_cfg)
            # without the classifier; transformers saves it with a prefix
            given = weights_within(directory, made.model.state_dict())
        except OSError as cause:
            fix = "use an intact copy of the checkpoint"
            raise DataError(364, "public weights cannot be read", where=directory, found=cause, fix=fix) from cause
        made.model.load_state_dict(given)
        return made

    def embed(self, batch: Batch) -> Tokens:
        return self.taken.tokens(self._first()(batch["x"]))

    def encode(self, tokens: Tokens) -> Tokens:
        return self.made.tokens(self._resume(tokens))

    def layers(self) -> Sequence[nn.Module]:
        return parts_in_order(self.model)

    def pyramid(self, batch: Batch) -> list[Tokens]:
        """The last maps of every size where timm hands them out and there are several, else the output alone."""
        if not isinstance(self.model, _Intermediates) or not self.has_scales:
            return super().pyramid(batch)
        maps = self.model.forward_intermediates(batch["x"], output_fmt="NCHW", intermediates_only=True)
        last = {scale.shape[2:]: scale for scale in maps}  # later maps of one size replace earlier ones
        return [as_tokens(scale) for scale in last.values()]

    @property
    def interop(self) -> Interop:
        return Interop(timm_config(self.architecture, self.model_args, self.pretrained_cfg), {"model.": ""})

    def summary(self, tokens: Tokens) -> Tensor:
        """What timm would hand to its classifier, [B, F]."""
        return self.model.forward_head(self.made.original(tokens), pre_logits=True)

    def _try(self) -> None:
        x, size, network = trial_picture(self.model, self.picture), self.picture[1:], vars(self.model)
        try:
            self.first_name, whole = reader(self.model, self.model.forward_features, x)
            cut(self._first())
            first = self._first()(x)
            self.taken = Form.of(first, size, channels_last=vars(self._first()).get("output_fmt") == "NHWC")
            out = self._resume(self.taken.tokens(first))
            halves_agree(whole, out)
            self.made = Form.of(
                out, size, channels_last=network.get("output_fmt") == "NHWC",
                prefix=network.get("num_prefix_tokens"), grid=self.taken.grid,
            )  # fmt: skip
        except REFUSING as cause:
            raise ContractError(
                256, "this network of timm cannot be split for these pictures", where="backbone.architecture",
                found=f"{self.architecture}, {cause}", fix="use pictures of its own size, or another network",
            ) from cause  # fmt: skip
        self.width = self.made.tokens(out).x.shape[2]
        self.has_scales = len({stage["reduction"] for stage in network.get("feature_info", ())}) > 1

    def _first(self) -> nn.Module:
        return self.model.get_submodule(self.first_name)

    def _resume(self, tokens: Tokens) -> Tensor:
        """The second half: the whole network on an empty picture, its first module answering with the tokens."""
        b = tokens.x.shape[0]  # len(x) would fix the number of rows in an exported graph
        blank = tokens.x.new_zeros(1).expand(b, *self.picture)
        with resumed(self._first(), self.taken.original(tokens)):
            return self.model.forward_features(blank)


@runtime_checkable
class _Intermediates(Protocol):
    """A network of timm that hands out its inner maps."""

    def forward_intermediates(self, x: Tensor, *, output_fmt: str, intermediates_only: bool) -> list[Tensor]: ...


@runtime_checkable
class _Sizable(Protocol):
    """A network of timm that can be brought to another size of pictures."""

    def set_input_size(self, img_size: tuple[int, int]) -> None: ...
    def state_dict(self) -> dict[str, Tensor]: ...


def _create(architecture: str, model_args: Mapping[str, Any]) -> nn.Module:
    import timm

    try:
        return timm.create_model(architecture, num_classes=0, **model_args)
    except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError, AssertionError, RuntimeError) as cause:
        raise ContractError(258, "timm cannot build this network", where="backbone.model_args", found=cause) from cause


def _fitted(architecture: str, model_args: Mapping[str, Any], picture: tuple[int, int, int]) -> dict[str, Any]:
    """timm's arguments with the channels, and the size where the architecture is tied to one."""
    import timm

    args = {name: value for name, value in model_args.items() if name != "num_classes"}
    usual = timm.get_pretrained_cfg(architecture)
    if picture[0] != 3:
        args.setdefault("in_chans", picture[0])
    if usual is not None and usual.fixed_input_size and tuple(usual.input_size[1:]) != picture[1:]:
        args.setdefault("img_size", list(picture[1:]))
    return args
