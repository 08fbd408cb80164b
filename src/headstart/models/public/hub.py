"""Public checkpoints of transformers, timm and Chronos as starting points, without code of theirs or pickles."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn

from headstart.core import catalog
from headstart.core.contracts import Backbone, Modality
from headstart.core.contracts.spec import Spec
from headstart.core.errors import ContractError, DataError, UsageError
from headstart.core.files import sha256
from headstart.core.sealed import Sealed
from headstart.models.public.detector_backbone import network_within
from headstart.models.public.download import find
from headstart.models.public.inputs import Input, find_input
from headstart.models.public.inputs.pixel_values import PixelValues, input_of
from headstart.models.public.lm_head import head_weights
from headstart.models.public.mlm_head import guess_head
from headstart.models.trust.chronos_config_check import admitted_chronos, is_chronos
from headstart.models.trust.config_check import admitted, refuse_code
from headstart.models.trust.pickled import refuse_pickles
from headstart.models.trust.safe_files import MOST, plain_file, read_object
from headstart.models.trust.timm_config_check import about_input, check_timm
from headstart.models.trust.weights import check_numbers, inspect_all

# Fields that say how weights were stored, or what the classes of a head that is gone meant.
_PASSING = ("dtype", "torch_dtype", "transformers_version", "_name_or_path", "id2label", "label2id")


def is_checkpoint(path: Path) -> str | None:
    """Which library wrote the public checkpoint in this directory, "hf" or "timm"; None if it is none."""
    if not (path / "config.json").is_file() or (path / "headstart.json").exists():
        return None
    config = read_object(path / "config.json")
    if "architecture" in config:
        return "timm"
    return "hf" if "model_type" in config else None


def open_checkpoint(name: str) -> Checkpoint:
    """A public checkpoint by its name or directory.

    UsageError if it cannot be found; DataError if its config is damaged, has no safetensors or needs code of its own.
    """
    found = find(name)
    if not any(found.path.glob("*.safetensors")):
        refuse_pickles(found.path)
    raw = _config(found.path)
    within = network_within(raw)
    if within is not None:
        raw, rest = within
        refuse_code(rest, found.path / "config.json")
        if "architecture" in raw:
            raw["pretrained_cfg"] = input_of(found.path, rest)
    refuse_code(raw, found.path / "config.json")
    inspect_all(found.path)
    library = "timm" if "architecture" in raw else found.library  # timm's checkpoints are on the same hub
    needed = "model_type" if library == "hf" else "architecture"
    if not isinstance(raw.get(needed), str):
        fix = f"check that it was saved by {'transformers' if library == 'hf' else 'timm'}"
        raise DataError(361, "config of the checkpoint cannot be used", where=found.path, expected=needed, fix=fix)
    opened = Checkpoint(found.path, name, library, found.revision, raw)
    opened.check()  # which takes down what its files are now
    return opened


@dataclass(frozen=True)
class Checkpoint:
    """A public checkpoint that was found: what it is made of; weights are read when asked for.

    library is "hf" or "timm", revision the commit it was found at on a hub, raw its config.json; of a detector, what
    that says of the network it is built on.
    """

    path: Path
    name: str
    library: str
    revision: str
    raw: Mapping[str, Any]

    @property
    def config(self) -> Mapping[str, Any]:
        return self._config

    @cached_property
    def _config(self) -> Mapping[str, Any]:
        return {
            "backbone": {"kind": self._kind, **self._settings},
            "facts": dict(self.spec.sizes),
            "modality": {"kind": self._reads},
            "augment": {"kind": self._reads},
        }

    @property
    def facts(self) -> Mapping[str, Any]:
        return self._facts

    @cached_property
    def _facts(self) -> Mapping[str, Any]:
        data = {"source": [self.name], "rows": 0, "hash": "", "licence": self._licence(), "modality": self._reads}
        weights = _digest(sorted(self.path.glob("*.safetensors")))
        return {
            "name": self.name, "verb": "public checkpoint", "weights": weights, "revision": self.revision,
            "lineage": [], "data": data,
        }  # fmt: skip

    def check(self, *, whole: bool = False) -> None:
        """ContractError if its config or weights are no longer those that were opened; `whole`: read them all."""
        self._sealed.check(whole=whole)

    @cached_property
    def _sealed(self) -> Sealed:
        return Sealed.now(self.path, ["config.json", *(file.name for file in sorted(self.path.glob("*.safetensors")))])

    @property
    def hash(self) -> str:
        """Digest of the config and the weights."""
        return _digest([self.path / "config.json", *sorted(self.path.glob("*.safetensors"))])

    @property
    def finished(self) -> bool:
        return True

    @property
    def public(self) -> bool:
        return True

    @property
    def whole(self) -> bool:
        return True

    def on(self, modality: Modality, kind: str) -> Checkpoint:
        return self

    @property
    def any_form(self) -> bool:
        return self._forecasts

    @property
    def _forecasts(self) -> bool:
        return is_chronos(self.raw)

    @property
    def spec(self) -> Spec:
        return self.modality().spec

    def modality(self) -> Modality:
        """The preprocessing that its weights were trained with; DataError if it is missing."""
        return self._prepared.preprocessing(self.path, self._described)

    def backbone(self) -> Backbone:
        """The network with its weights."""
        spec = self._prepared.spec(self.path, self._described)
        network: Backbone = catalog.load("backbones", self._kind).pretrained(spec, self.path, **self._settings)
        check_numbers(network, self.path)
        return network

    def knows(self, section: str, table: Mapping[str, Any], head: nn.Module) -> bool:
        """Does it bring the head with which it predicted hidden words, and does that fit this objective?"""
        return section == "objective" and bool(guess_head(self.path, self.raw, head))

    def fill_head(self, head: nn.Module) -> None:
        """The weights of its guesses; what else it was taught is left behind."""
        head.load_state_dict(guess_head(self.path, self.raw, head), strict=True)

    def head_room(self) -> AbstractContextManager[None]:
        """There is no head."""
        return nullcontext()

    def lm_head(self, backbone: Backbone) -> tuple[Tensor, Tensor | None]:
        """Its own output; ContractError for a network that does not write."""
        if backbone.token_vectors is None:
            found, fix = f"a network for {self._reads}s", "use a public causal one, such as GPT-2 or Llama"
            raise ContractError(148, "this checkpoint does not generate text", where=self.name, found=found, fix=fix)
        return head_weights(self._settings["config"], self.path, backbone)

    def seen(self) -> np.ndarray:
        """Nobody knows which rows it learned from."""
        return np.empty(0, np.uint64)

    def sketches(self) -> np.ndarray:
        return np.empty((0, 8), np.uint8)

    @property
    def _kind(self) -> str:
        """The kind of its backbone."""
        return "chronos" if self._forecasts else self.library

    @cached_property
    def _settings(self) -> dict[str, Any]:
        """The settings of its backbone."""
        if self._forecasts:
            read = {name: value for name, value in self.raw.items() if name not in _PASSING}
            return {"config": admitted_chronos(read, self.path / "config.json")}
        if self.library == "hf":
            assert self._prepared  # an unknown network is refused first
            read = {name: value for name, value in self.raw.items() if name not in _PASSING}
            return {"config": admitted(read, self.path / "config.json")}
        args = self.raw.get("model_args") or {}
        if not isinstance(args, dict):
            fix = "use an intact copy of the checkpoint"
            raise DataError(361, "config of the checkpoint cannot be used", where=self.path, found=args, fix=fix)
        check_timm(self.raw["architecture"], args)
        about = self.raw.get("pretrained_cfg", self.raw)  # older files hold its fields beside the architecture
        return {
            "architecture": self.raw["architecture"],
            "model_args": dict(args),
            "pretrained_cfg": about_input(about),
        }

    @property
    def _described(self) -> Mapping[str, Any]:
        """What says how inputs are prepared, checked."""
        return self._settings if self.library == "timm" else self.raw

    @cached_property
    def _reads(self) -> str:
        return self._prepared.modality(self.path, self._described)

    @property
    def _prepared(self) -> Input:
        """How its inputs are prepared; UsageError for data of other kinds."""
        if self._input is None:
            fix = "use a checkpoint for text, sequences, pictures, sound or series"
            found = self.raw["model_type"]
            raise UsageError(595, "this checkpoint reads data of another kind", where=self.name, found=found, fix=fix)
        return self._input

    @cached_property
    def _input(self) -> Input | None:
        """How the inputs of its network are prepared; None for those that are not supported."""
        if self.library == "timm":
            return PixelValues()
        if self._forecasts:
            return find_input("context")
        from transformers import AutoConfig
        from transformers.models.auto.modeling_auto import MODEL_FOR_BACKBONE_MAPPING, MODEL_MAPPING

        try:
            settings = type(AutoConfig.for_model(self.raw["model_type"]))
            model: Any = (MODEL_MAPPING if settings in MODEL_MAPPING else MODEL_FOR_BACKBONE_MAPPING)[settings]
        except (KeyError, ValueError) as cause:
            fix = "update transformers, or use another checkpoint"
            found = self.raw["model_type"]
            raise UsageError(596, "transformers has no such network", where=self.name, found=found, fix=fix) from cause
        return find_input(model.main_input_name)

    def _licence(self) -> str:
        """What the front matter of its card says, or timm's config."""
        card = self.path / "README.md"
        text = plain_file(card, most=MOST).read_text("utf-8", "replace") if card.is_file() else ""
        said = re.search(r"^licen[sc]e: *(\S+)", "".join(text.split("---")[1:2]), re.MULTILINE)
        timms = self._settings.get("pretrained_cfg", {}).get("license", "")
        return said.group(1) if said else str(timms)


def _config(path: Path) -> dict[str, Any]:
    fix = "use an intact copy of the checkpoint"
    try:
        return read_object(path / "config.json")
    except OSError as cause:
        raise DataError(360, "config of the checkpoint cannot be read", where=path, found=cause, fix=fix) from cause


def _digest(files: list[Path]) -> str:
    return hashlib.sha256("".join(sha256(file) for file in files).encode()).hexdigest()
