"""The head with which a public checkpoint guessed hidden words, under our names."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from headstart.models.trust.safe_files import plain_file
from headstart.models.trust.weights import inspect

_OURS = ("dense.weight", "dense.bias", "norm.weight", "norm.bias", "bias")
_THEIRS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "BERT": ("cls.predictions.transform.dense.", "cls.predictions.transform.LayerNorm.", "cls.predictions.bias"),
        "RoBERTa": ("lm_head.dense.", "lm_head.layer_norm.", "lm_head.bias"),
        "ModernBERT": ("head.dense.", "head.norm.", "decoder.bias"),
    }
)
_EARLIER = (("norm.weight", "gamma"), ("norm.bias", "beta"))  # as the first BERTs name the weights of a norm


def guess_head(directory: Path, config: Mapping[str, Any], objective: nn.Module) -> dict[str, Tensor]:
    """Weights for an objective that fills gaps from a checkpoint's files, whose headers were checked; {} if none fit.

    A head fits that is made like ours: one layer, GELU, a norm, and the vectors of the vocabulary themselves with a
    bias. What it has no bias for begins at 0.
    """
    own = objective.state_dict()
    prefix = next((name.removesuffix(_OURS[0]) for name in own if name.endswith(_OURS[0])), "")
    bent = config.get("hidden_act", config.get("hidden_activation", "gelu"))
    if own.keys() != {prefix + name for name in _OURS} or bent != "gelu" or not config.get("tie_word_embeddings", True):
        return {}
    files = {name: path for path in sorted(directory.glob("*.safetensors")) for name in inspect(path).shapes}
    for dense, norm, bias in _THEIRS.values():
        names = {"dense.weight": f"{dense}weight", "dense.bias": f"{dense}bias", "bias": bias}
        names |= {"norm.weight": f"{norm}weight", "norm.bias": f"{norm}bias"}
        names |= {one: f"{norm}{earlier}" for one, earlier in _EARLIER if f"{norm}{earlier}" in files}
        tensors = {one: _tensor(files[theirs], theirs) for one, theirs in names.items() if theirs in files}
        if {"dense.weight", "norm.weight"} <= tensors.keys():
            head = {prefix + one: tensors.get(one, torch.zeros_like(own[prefix + one])) for one in _OURS}
            return head if all(head[name].shape == tensor.shape for name, tensor in own.items()) else {}
    return {}


def _tensor(path: Path, name: str) -> Tensor:
    from safetensors import safe_open

    with safe_open(plain_file(path), "pt") as opened:
        return opened.get_tensor(name).float()
