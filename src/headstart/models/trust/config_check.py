"""What a foreign config.json may say: only what the library's own network reads, in plain values of sane sizes."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.core.errors import DataError

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

# Keys by which a config chooses program code, other files or another network. Public checkpoints that hold one work
# only with it, so that leaving it out would open another network than the one that was saved.
_CODE = ("auto_map", "custom_pipelines", "trust_remote_code", "custom_generate", "custom_objects")
_CHOOSING = re.compile(
    r"_?(attn|experts|mlp|linear)_implementation\w*|use_kernels?|kernel_config|hub_kernels?|transformers_weights|gguf_file"
    r"|backbone(_config|_kwargs|_checkpoint)?|use_(timm_backbone|pretrained_backbone)|timm_\w+|adapter_config"
    r"|base_model_name_or_path|peft\w*|fusion_config|distributed_config|extra_(config_)?files"
)
_BUILT_IN = (None, False, "eager", "sdpa")  # ways to compute attention that the library holds itself
_QUANTISED = ("quantization_config", "compression_config", "sparsity_config")
_WRAPPING = ("timm_wrapper", "timm_backbone", "maskformer-swin", "rag", "encoder-decoder")  # names of other networks
_LARGEST, _DEEPEST_NETWORK, _LONGEST, _LONGEST_TEXT = 1 << 24, 10_000, 50_000, 100
_LARGEST_SIDE, _MOST_PATCHES = 4096, 256
_LAYERS = re.compile(r"(\w*_)?(n_)?(layers?|depth|blocks?|stages?|groups)")
_UNBOUNDED = re.compile(r"\w*(theta|base|factor|scale|seed|freq|_id|_ids)\w*")  # 10^9 is usual for a rotation's base
_PLAIN_TEXT = re.compile(r"[\w .,+|-]*")
_ACTIVATIONS = ("hidden_act", "hidden_activation", "activation_function", "pooler_hidden_act")
_SHARES = re.compile(r"\w*(dropout|_pdrop|drop_rate|layerdrop|drop_path)\w*(prob|rate|p)?")
_POSITIVE = re.compile(
    r"(num_|n_)?(\w*_)?heads?|(\w*_)?(hidden|intermediate|embedding|vocab|patch|kernel)_sizes?|d_model|d_ff|d_kv|n_embd"
    r"|(head_|embedding_)?dim|hidden_dim|max_position_embeddings|n_positions|num_channels|mlp_ratio"
)
_WORDS = re.compile(r"\b[a-z]\w+\b", re.IGNORECASE)


def refuse_code(config: Mapping[str, Any], where: object) -> None:
    """DataError if a config, or a part of it, asks for code, files or quantised weights."""
    for name, value in config.items():
        if name in _CODE and value:
            fix = "use a checkpoint that transformers itself can build"
            raise DataError(
                363, "checkpoint needs program code of its own, which is never run", where=where, found=name, fix=fix
            )
        if name in _QUANTISED and value:
            fix = "use the checkpoint it was made from"
            raise DataError(
                367, "checkpoint holds quantised weights, which cannot be trained", where=where, found=name, fix=fix
            )
        chooses = isinstance(name, str) and _CHOOSING.fullmatch(name) is not None
        if chooses and not any(value is constant or value == constant for constant in _BUILT_IN):
            fix = "use a checkpoint that needs no such choice"
            raise DataError(375, "config selects code or files", where=where, found=name[:100], fix=fix)
        if isinstance(value, Mapping):
            refuse_code(value, where)


def admitted(config: Mapping[str, Any], where: object = "backbone.config") -> dict[str, Any]:
    """A config of transformers, which knows its "model_type", without what its network does not read; DataError for
    what no network needs."""
    refuse_code(config, where)
    kind = str(config["model_type"])
    if kind in _WRAPPING:
        raise DataError(375, "config selects code or files", where=where, found=kind, fix="use another checkpoint")
    from transformers import CONFIG_MAPPING
    from transformers.activations import ACT2FN

    fields = _read_by(CONFIG_MAPPING[kind])
    kept = {name: value for name, value in config.items() if name in fields and not name.startswith("_")}
    kept = {name: value for name, value in kept.items() if not _CHOOSING.fullmatch(name)}
    for name, value in kept.items():
        _check(name, value, where)
    for name in _ACTIVATIONS:
        if isinstance(value := kept.get(name), str) and value not in ACT2FN:
            raise _absurd(name, value, where)
    _check_places(kept, where)
    return {**kept, "model_type": kind}


def dropped(config: Mapping[str, Any]) -> list[str]:
    """Names of a config that its network does not read and that never reach the library."""
    return sorted(config.keys() - admitted(config).keys())


def _read_by(kind: type[PreTrainedConfig]) -> set[str]:
    """Names of settings that a network reads: the fields of its config, and words in its own files of the library.

    The files count because older names and rare settings are declared nowhere: DeBERTa reads `conv_kernel_size` in the
    middle of its network. What only the library's general machinery reads, such as `transformers_weights`, is not here.
    """
    import dataclasses

    fields = {field.name for field in dataclasses.fields(kind)} | kind.attribute_map.keys()
    folder = Path(str(sys.modules[kind.__module__].__file__)).parent
    files = [*folder.glob("configuration_*.py"), *folder.glob("modeling_*.py")]
    words = {word for file in files for word in _WORDS.findall(file.read_text("utf-8"))}
    rotation = {"rope_theta", "rope_scaling", "rope_parameters", "partial_rotary_factor", "rope_local_base_freq"}
    return fields | words | (rotation if "rope_parameters" in fields else set())


def _check(name: str, value: Any, where: object) -> None:
    """DataError for a value that is not plain, or of a size that no network has."""
    if isinstance(value, Mapping):
        items: Iterable[tuple[str, Any]] = value.items()
    elif isinstance(value, list | tuple):
        items = ((name, one) for one in value)
    else:
        if not _plain(name, value):
            raise _absurd(name, value, where)
        return
    if len(value) > _LONGEST:
        raise _absurd(name, f"{len(value):,} entries", where)
    for inner, one in items:
        _check(str(inner), one, where)


def _plain(name: str, value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= _LONGEST_TEXT and _PLAIN_TEXT.fullmatch(value) is not None
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, int | float) and _SHARES.fullmatch(name) and not 0 <= value <= 1:
        return False
    if isinstance(value, int | float) and _POSITIVE.fullmatch(name) and "type" not in name and not value > 0:
        return False
    if isinstance(value, int):
        if value < 0 and _LAYERS.fullmatch(name):
            return False
        most = _DEEPEST_NETWORK if _LAYERS.fullmatch(name) else _LARGEST
        return abs(value) < (1 << 53 if _UNBOUNDED.fullmatch(name) else most)
    return isinstance(value, float) and math.isfinite(value)


def _check_places(config: Mapping[str, Any], where: object) -> None:
    """Pictures are cut into a number of patches that somebody has trained with: at most 256 by 256."""
    size, patch = config.get("image_size"), config.get("patch_size")
    sides = size if isinstance(size, list | tuple) else [size]
    steps = patch if isinstance(patch, list | tuple) else [patch]
    sides, steps = ([n for n in numbers if isinstance(n, int)] for numbers in (sides, steps))
    if any(n < 1 for n in (*sides, *steps)) or any(side > _LARGEST_SIDE for side in sides):
        raise _absurd("image_size", size, where)
    if sides and steps and max(sides) > _MOST_PATCHES * min(steps):
        raise _absurd("image_size", f"{size} in patches of {patch}", where)


def _absurd(name: str, value: object, where: object) -> DataError:
    found, fix = f"{name[:60]} = {str(value)[:100]}", "use an intact copy of the checkpoint"
    return DataError(376, "config has a setting no network needs", where=where, found=found, fix=fix)
