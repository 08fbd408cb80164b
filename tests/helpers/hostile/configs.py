"""A config.json that says what it must not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tests.helpers.hostile.case import Spoil, case
from tests.helpers.hostile.pickles import command


def changed(**fields: Any) -> Spoil:
    def spoil(path: Path) -> None:
        config = json.loads((path / "config.json").read_text("utf-8"))
        (path / "config.json").write_text(json.dumps({**config, **fields}), "utf-8")

    return spoil


def with_code(**fields: Any) -> Spoil:
    """A config that names a module beside it."""

    def spoil(path: Path) -> None:
        (path / "evil.py").write_text(f"import os; os.system({command(path)!r})\nclass Evil: pass\n", "utf-8")
        changed(**fields)(path)

    return spoil


def written(name: str, content: bytes) -> Spoil:
    return lambda path: (path / name).write_bytes(content) and None


def deep(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = {}
    for _ in range(levels):
        inner = {"a": inner}
    return inner


CONFIGS: dict[str, tuple[str, Spoil]] = {
    "auto_map": ("never run", with_code(auto_map={"AutoModel": "evil.Evil", "AutoConfig": "evil.Evil"})),
    "custom_pipelines": ("never run", with_code(custom_pipelines={"a": {"impl": "evil.Evil"}})),
    "trust_remote_code": ("never run", with_code(trust_remote_code=True)),
    "auto_map in a part": ("never run", with_code(text_config={"auto_map": {"AutoModel": "evil.Evil"}})),
    "_attn_implementation_internal": ("selects code", changed(_attn_implementation_internal="kernels-community/evil")),
    "_attn_implementation": ("selects code", changed(_attn_implementation="someone/kernel:evil")),
    "attn_implementation": ("selects code", changed(attn_implementation="kernels-community/flash-attn")),
    "attn_implementation in parts": ("selects code", changed(attn_implementation={"": "kernels-community/a"})),
    "_experts_implementation": ("selects code", changed(_experts_implementation="someone/kernel")),
    "use_kernels": ("selects code", changed(use_kernels=True)),
    "transformers_weights": ("selects code", changed(transformers_weights="../secret.safetensors")),
    "adapter": ("selects code", changed(base_model_name_or_path="someone/else", peft_type="LORA")),
    "backbone of another hub's model": ("selects code", changed(backbone="resnet50", use_pretrained_backbone=True)),
    "wrapper of timm": ("selects code", changed(model_type="timm_wrapper")),
    "quantization_config": ("quantised", changed(quantization_config={"quant_method": "gptq"})),
    "absurd width": ("no network needs", changed(hidden_size=1 << 40)),
    "absurd layers": ("no network needs", changed(num_hidden_layers=10**9)),
    "9,999 layers": ("larger network|no network needs", changed(num_hidden_layers=9_999)),
    "width of 10^12 weights": ("larger network", changed(hidden_size=1 << 20, intermediate_size=1 << 20,
                                                         num_attention_heads=1)),
    "vocabulary of 16 million": ("larger network", changed(vocab_size=(1 << 24) - 1, hidden_size=1024)),
    "places of 16 million": ("larger network", changed(max_position_embeddings=(1 << 24) - 1)),
    "negative width": ("does not fit|no network needs", changed(hidden_size=-16)),
    "activation that is a path": ("no network needs", changed(hidden_act="../../evil")),
    "activation nobody knows": ("no network needs", changed(hidden_act="evil")),
    "activation that is a list": ("does not fit|no network needs", changed(hidden_act=["gelu"])),
    "width that is text": ("does not fit", changed(hidden_size="__import__")),
    "1,000 levels": ("cannot be read", changed(rope_scaling=deep(900))),
    "100,000 levels": ("cannot be read", written("config.json", b'{"a":' * 100_000)),
    "list in place of an object": ("config", written("config.json", b"[1]")),
    "string in place of an object": ("config", written("config.json", b'"bert"')),
    "100 MB": ("too large", lambda path: os.truncate(path / "config.json", 100_000_000)),
    "NaN": ("cannot be read", changed(layer_norm_eps=float("nan"))),
    "infinity by 1e999": ("cannot be read", written("config.json", b'{"model_type":"bert","layer_norm_eps":1e999}')),
    "equal keys": ("cannot be read", written("config.json", b'{"model_type":"bert","model_type":"evil"}')),
    "no UTF-8": ("cannot be read", written("config.json", b'{"model_type":"\xff"}')),
    "whole number of 10,000 digits": ("cannot be read", written("config.json", b'{"a":' + b"9" * 10_000 + b"}")),
    "4 million brackets": ("cannot be read", written("config.json", b"[" + b"[]," * 2_000_000 + b"[]]")),
    "unknown model_type": ("no such network", changed(model_type="evil")),
    "model_type that is a path": ("no such network", changed(model_type="../../evil")),
    "model_type that is a list": ("config", changed(model_type=["bert"])),
    "id2label of a million": ("too large", changed(id2label={i: f"LABEL_{i}" for i in range(1_000_000)})),
}  # fmt: skip
for name, (says, spoil) in CONFIGS.items():
    case("hf", f"config, {name}", says, spoil)
