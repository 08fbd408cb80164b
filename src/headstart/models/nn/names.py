"""How timm and transformers are told about a network in a saved model's config.json."""

from collections.abc import Mapping
from typing import Any


def timm_config(architecture: str, model_args: Mapping[str, Any], pretrained_cfg: Mapping[str, Any]) -> dict[str, Any]:
    """The config.json without classes that timm's local-dir loader reads, and transformers through its wrapper of timm.
    `pretrained_cfg` says at least "input_size", [C, H, W]."""
    size = tuple(pretrained_cfg["input_size"])
    return {
        "architecture": architecture,
        "num_classes": 0,
        "model_args": {**model_args, "in_chans": size[0]},
        "pretrained_cfg": {**pretrained_cfg, "input_size": list(size), "num_classes": 0},
    }


def renamed(name: str, names: Mapping[str, str]) -> str:
    """A weight's name with its beginning replaced; of several that fit the longest counts."""
    fitting = [beginning for beginning in names if name.startswith(beginning)]
    if not fitting:
        return name
    longest = max(fitting, key=len)
    return names[longest] + name[len(longest) :]
