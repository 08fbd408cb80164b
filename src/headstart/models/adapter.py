"""An adapter alone, beside the model it is merged into: the files that the peft library reads."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from safetensors.torch import save as pack_tensors
from torch import Tensor

from headstart.core.contracts.interop import Interop
from headstart.models.nn.lowrank import A
from headstart.models.nn.names import renamed

# A folder of its own: transformers takes a directory with an adapter_config.json for an adapter, not for a model.
FOLDER = "adapter"
USUAL: Mapping[str, Any] = MappingProxyType(
    {"peft_type": "LORA", "task_type": None, "bias": "none", "inference_mode": True, "init_lora_weights": True,
     "use_rslora": False, "use_dora": False, "modules_to_save": None}
)  # fmt: skip


def adapter_files(
    interop: Interop | None, halves: Mapping[str, Tensor], settings: Mapping[str, Any], base: str
) -> dict[str, bytes]:
    """adapter/adapter_config.json and adapter/adapter_model.safetensors; {} for networks that no other library knows.

    halves are named {map}.lora_A.weight and {map}.lora_B.weight; `base` is the model they were trained beside.
    """
    if interop is None:
        return {}
    tensors = {f"base_model.model.{renamed(n, interop.names)}": t.cpu().contiguous() for n, t in halves.items()}
    tail = f".{A}.weight"
    maps = [renamed(name.removesuffix(tail), interop.names) for name in halves if name.endswith(tail)]
    config = {**USUAL, **settings, "base_model_name_or_path": base, "target_modules": maps}
    return {
        f"{FOLDER}/adapter_config.json": (json.dumps(config, indent=1) + "\n").encode(),
        f"{FOLDER}/adapter_model.safetensors": pack_tensors(tensors, {"format": "pt"}),
    }
