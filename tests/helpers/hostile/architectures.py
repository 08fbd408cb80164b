"""What timm is told to build."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.helpers.hostile.case import Spoil, case
from tests.helpers.hostile.configs import changed


def timm_args(**args: Any) -> Spoil:
    return changed(model_args=args)


def timm_about(**fields: Any) -> Spoil:
    def spoil(path: Path) -> None:
        config = json.loads((path / "config.json").read_text("utf-8"))
        config["pretrained_cfg"] = {**config["pretrained_cfg"], **fields}
        (path / "config.json").write_text(json.dumps(config), "utf-8")

    return spoil


TIMM: dict[str, tuple[str, Spoil]] = {
    "architecture hf-hub:": ("no such network", changed(architecture="hf-hub:someone/evil")),
    "architecture local-dir:": ("no such network", changed(architecture="local-dir:/tmp/evil")),
    "architecture that is a path": ("no such network", changed(architecture="../../evil")),
    "architecture of a megabyte": ("no such network", changed(architecture="a" * 1_000_000)),
    "architecture that is a number": ("config", changed(architecture=3)),
    "checkpoint_path": ("selects code", timm_args(checkpoint_path="/etc/passwd")),
    "pretrained": ("selects code", timm_args(pretrained=True)),
    "pretrained_cfg in the arguments": ("selects code", timm_args(pretrained_cfg={"url": "http://evil"})),
    "cache_dir": ("selects code", timm_args(cache_dir="/tmp")),
    "arguments nobody knows": ("does not take", timm_args(evil="x")),
    "arguments that are a list": ("config", changed(model_args=["a"])),
    "layer named by a module": ("does not take", timm_args(norm_layer="os:system")),
    "block named by a module": ("does not take", timm_args(act_layer="evil/evil")),
    "absurd channels": ("does not take", timm_args(channels=[1 << 40] * 4)),
    "network of 10^9 weights": ("larger network", timm_args(channels=[64, 8192, 8192, 8192])),
    "9,999 layers": ("larger network|cannot build", timm_args(layers=[9999] * 4)),
    "input of 10^6 by 10^6": ("does not take", timm_about(input_size=[3, 10**6, 10**6])),
    "mean that is text": ("does not take", timm_about(mean="evil")),
    "input that is a file": ("does not take", changed(pretrained_cfg="/etc/passwd")),
}  # fmt: skip
for name, (says, spoil) in TIMM.items():
    case("timm", f"timm, {name}", says, spoil)
