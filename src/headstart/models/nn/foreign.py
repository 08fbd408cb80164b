"""A network of the transformers library from its config, and how it reads on behind what it has read."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from headstart.core.errors import ContractError
from headstart.models.trust.config_check import admitted, refuse_code

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel

_NAMES = ("cache", "past_key_values")  # what newer and older versions call keys and values of earlier places


def parsed(config: Mapping[str, Any]) -> PreTrainedConfig:
    """The config as transformers reads it; ContractError if it knows no such network."""
    from huggingface_hub.errors import StrictDataclassError
    from transformers import CONFIG_MAPPING
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_BACKBONE_MAPPING,
        MODEL_FOR_OBJECT_DETECTION_MAPPING_NAMES,
        MODEL_MAPPING,
    )

    kind = config.get("model_type")
    refuse_code(config, "backbone.config")
    if kind in MODEL_FOR_OBJECT_DETECTION_MAPPING_NAMES:
        fix = "use a detector whose config names its backbone_config, or a backbone, e.g. timm:resnet50"
        raise ContractError(289, "this detector has no separate backbone", found=kind, fix=fix)
    if "text_config" in config or "vision_config" in config or kind not in CONFIG_MAPPING:
        found = str(kind)[:100]
        raise ContractError(
            251, "this network cannot be built", where="backbone.config.model_type", found=found,
            expected="a network that transformers knows, for text alone or pictures alone",
        )  # fmt: skip
    try:
        settings = CONFIG_MAPPING[str(kind)].from_dict(admitted(config))
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, StrictDataclassError) as cause:
        raise ContractError(254, "the config does not fit its network", where="backbone.config", found=cause) from cause
    if type(settings) not in MODEL_MAPPING and type(settings) not in MODEL_FOR_BACKBONE_MAPPING:
        raise ContractError(251, "this network cannot be built", where="backbone.config.model_type", found=kind)
    settings.use_cache = False  # nothing is generated word by word here
    return settings


def built(settings: PreTrainedConfig) -> PreTrainedModel:
    """The network with random weights."""
    try:
        return auto_class(settings).from_config(settings)
    except (
        ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError, RuntimeError, ImportError
    ) as cause:  # fmt: skip
        raise ContractError(254, "the config does not fit its network", where="backbone.config", found=cause) from cause


def auto_class(settings: PreTrainedConfig) -> Any:
    """The factory for a config: of encoders with a decoder, that of the encoder alone; of what hands out maps, that."""
    from transformers import AutoBackbone, AutoModel, AutoModelForTextEncoding
    from transformers.models.auto.modeling_auto import MODEL_FOR_TEXT_ENCODING_MAPPING

    if hands_out_maps(settings):
        return AutoBackbone
    if settings.model_type == "whisper":
        return _WhisperEncoder
    if not type(settings)().is_encoder_decoder:  # by its kind: the config of a saved T5 encoder says False
        return AutoModel
    if type(settings) not in MODEL_FOR_TEXT_ENCODING_MAPPING:
        fix, found = "use an encoder, or a T5", settings.model_type
        raise ContractError(255, "this network has no separate encoder", found=found, fix=fix)
    return AutoModelForTextEncoding


class _WhisperEncoder:
    """A factory as those of transformers, which has none for this encoder alone."""

    @staticmethod
    def from_config(settings: Any) -> PreTrainedModel:
        from transformers.models.whisper.modeling_whisper import WhisperEncoder

        return WhisperEncoder(settings)


def is_part(settings: PreTrainedConfig) -> bool:
    """Is what is built only a part of what its weights were saved from?"""
    return hands_out_maps(settings) or settings.model_type == "whisper"


def hands_out_maps(settings: PreTrainedConfig) -> bool:
    """Was it saved as one of the classes that detectors are built on?"""
    return str((settings.architectures or [""])[0]).endswith("Backbone")


@contextmanager
def in_silence() -> Iterator[None]:
    """While this lasts, transformers shows no progress and no remarks: what matters is said by errors of ours."""
    from transformers.utils import logging

    level, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()


def drop_pooler(model: nn.Module) -> None:
    """Weights behind the last hidden state would never learn anything; a pooler that is only a norm is kept."""
    for name, child in model.named_children():
        weighted = [m for m in child.modules() if any(True for _ in m.parameters(recurse=False))]
        if name in ("pooler", "head", "contact_head") and not all(isinstance(m, nn.LayerNorm) for m in weighted):
            setattr(model, name, nn.Identity())


def read_on(model: PreTrainedModel, x: Tensor, memory: Any) -> tuple[Tensor, Any]:
    """Embedded ids [B, t, E] behind those that the cache holds (None: an empty one) -> states [B, t, D], the cache."""
    from transformers import DynamicCache

    parameters = inspect.signature(model.forward).parameters
    name = next((one for one in _NAMES if one in parameters), "")
    memory = DynamicCache(config=model.config) if memory is None else memory
    return model(inputs_embeds=x, use_cache=True, **{name: memory}).last_hidden_state, memory


@torch.no_grad()
def reads_on(model: PreTrainedModel, x: Tensor) -> bool:
    """Does it read in pieces what it reads in one go, embedded ids [6, E]? Other kinds of state do not."""
    x = x[None]
    whole = model(inputs_embeds=x).last_hidden_state  # [1, 6, D]
    try:
        first, memory = read_on(model, x[:, :1], None)
        second, memory = read_on(model, x[:, 1:4], memory)
        third, _ = read_on(model, x[:, 4:], memory)
    except (ValueError, TypeError, IndexError, RuntimeError, AttributeError):  # each network refuses in its own way
        return False
    return torch.allclose(torch.cat([first, second, third], 1), whole, atol=1e-4 * float(whole.abs().max()))
