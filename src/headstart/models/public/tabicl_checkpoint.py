"""A checkpoint of TabICL that `convert` has made safe: its settings and weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from headstart.core.errors import ContractError, DataError
from headstart.models.trust.pickled import TORCH
from headstart.models.trust.safe_files import read_object
from headstart.models.trust.size_limit import allowance
from headstart.models.trust.weights import inspect_all, read_all

_WHERE, _FIX = "backbone.checkpoint", "headstart convert CHECKPOINT.ckpt --out DIR, then backbone.checkpoint=DIR"


def architecture_in(checkpoint: Path) -> Mapping[str, Any]:
    """The settings of its network; ContractError for what `convert` did not write."""
    if checkpoint.suffix in TORCH and checkpoint.is_file():
        fix = f"headstart convert {checkpoint} --out DIR, then backbone.checkpoint=DIR"
        raise ContractError(845, "this checkpoint is pickled", where=_WHERE, found=checkpoint.name, fix=fix)
    if not (checkpoint / "model.safetensors").is_file() or not (checkpoint / "config.json").is_file():
        raise ContractError(846, "no converted checkpoint of TabICL", where=_WHERE, found=checkpoint, fix=_FIX)
    found = read_object(checkpoint / "config.json").get("config")
    if not isinstance(found, dict) or "max_classes" not in found:
        raise ContractError(846, "no converted checkpoint of TabICL", where=_WHERE, found=checkpoint, fix=_FIX)
    return found


def weights_in(checkpoint: Path, network: nn.Module) -> None:
    """Put its weights into a network of its settings; DataError where they are others."""
    with allowance(inspect_all(checkpoint), checkpoint):
        tensors = read_all(checkpoint)
    own = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    given = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if own != given:
        odd = sorted(name for name in own.keys() | given.keys() if own.get(name) != given.get(name))
        found, fix = f"{odd[0]} {given.get(odd[0], 'absent')}", "convert an intact copy of the checkpoint"
        raise DataError(
            847, "weights do not fit the settings of the checkpoint", where=checkpoint, found=found,
            expected=str(own.get(odd[0], "no such weights")), fix=fix,
        )  # fmt: skip
    network.load_state_dict(tensors)
