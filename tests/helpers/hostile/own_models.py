"""Our own models, spoiled."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.helpers.hostile.case import Spoil, case
from tests.helpers.hostile.configs import written
from tests.helpers.hostile.pickles import command


def own(**fields: Any) -> Spoil:
    """Parts of our config replaced."""

    def spoil(path: Path) -> None:
        config = json.loads((path / "config.json").read_text("utf-8"))
        for name, value in fields.items():
            config["headstart"][name] = value
        (path / "config.json").write_text(json.dumps(config), "utf-8")

    return spoil


def own_class(path: Path) -> None:
    (path / "evil.py").write_text(f"import os; os.system({command(path)!r})\nclass Evil: pass\n", "utf-8")
    own(backbone={"kind": "evil:Evil"})(path)


OWN: dict[str, tuple[str, Spoil]] = {
    "a class beside it": ("outside headstart", own_class),
    "os:system": ("no such class", own(backbone={"kind": "os:system"})),
    "subprocess:Popen": ("this is no", own(backbone={"kind": "subprocess:Popen"})),
    "antigravity": ("outside headstart", own(backbone={"kind": "antigravity:Evil"})),
    "modality from outside": ("outside headstart", own(modality={"kind": "evil.module:Evil"})),
    "task from outside": ("outside headstart", own(task={"kind": "evil.module:Evil"})),
    "augment from outside": ("outside headstart", own(augment={"kind": "evil.module:Evil"})),
    "augment that is a list": ("damaged", own(augment=["image"])),
    "kind that is a path": ("unknown", own(backbone={"kind": "../../evil"})),
    "kind of a megabyte": ("damaged|unknown", own(backbone={"kind": "a" * 1_000_000})),
    "hf with auto_map": ("never run|larger", own(backbone={"kind": "hf", "config": {
        "model_type": "bert", "auto_map": {"AutoModel": "evil.Evil"}}})),
    "hf with a kernel": ("selects code", own(backbone={"kind": "hf", "config": {
        "model_type": "bert", "attn_implementation": "kernels-community/evil"}})),
    "timm with other weights": ("selects code", own(backbone={"kind": "timm", "architecture": "resnet18",
                                                              "model_args": {"checkpoint_path": "/etc/passwd"}})),
    "timm hf-hub:": ("no such network", own(backbone={"kind": "timm", "architecture": "hf-hub:evil/evil"})),
    "layers of 10^12 weights": ("larger network", own(backbone={"kind": "mlp", "widths": [1 << 20, 1 << 20]})),
    "a million layers": ("larger network", own(backbone={"kind": "mlp", "widths": [1] * 1_000_000})),
    "pictures of 10^12 values": ("damaged|larger network", own(facts={"channels": 1, "height": 10**6, "width": 10**6})),
    "absurd facts": ("damaged", own(facts={"channels": 10**12})),
    "levels in the config": ("cannot be read", written("config.json", b'{"headstart":' * 100_000)),
    "levels in the facts": ("cannot be read", written("headstart.json", b'{"format":' * 100_000)),
    "equal keys in the facts": ("cannot be read", written("headstart.json", b'{"format": 1, "format": 1}')),
    "facts of 100 MB": ("too large", lambda path: os.truncate(path / "headstart.json", 100_000_000)),
    "another format": ("unknown model format", written("headstart.json", b'{"format": 99}')),
    "odd seen.bin": ("rows that the model saw", written("seen.bin", b"1234567")),
    "seen.bin of 100 GB": ("too large", lambda path: os.truncate(path / "seen.bin", 100 << 30)),
    "truncated head": ("cannot be read", lambda path: os.truncate(path / "head.safetensors", 40)),
    "settings of pictures in 100,000 levels": ("cannot be read", written("preprocessor_config.json", b"[" * 100_000)),
    "pictures of the settings": ("damaged|cannot be read", lambda path: _spoil_shape(path)),
}  # fmt: skip


def _spoil_shape(path: Path) -> None:
    fields = json.loads((path / "preprocessor_config.json").read_text("utf-8"))
    fields["headstart"]["shape"] = [3, 10**6, 10**6]
    (path / "preprocessor_config.json").write_text(json.dumps(fields), "utf-8")


for name, (says, spoil) in OWN.items():
    case("own", f"ours, {name}", says, spoil)


def manifest(change: Callable[[dict[str, Any]], object]) -> Spoil:
    """A manifest that is changed but has its digest right."""

    def spoil(path: Path) -> None:
        from headstart.core import files

        whole = json.loads((path / "manifest.json").read_text("utf-8"))
        whole.pop("digest")
        change(whole)
        whole["digest"] = files.digest_of(whole)
        (path / "manifest.json").write_bytes((json.dumps(whole, indent=1) + "\n").encode())

    return spoil


# what only `verify` reads, and refuses
MANIFESTS: dict[str, Spoil] = {
    "name that leaves the directory": manifest(lambda m: m["files"].update({"../secret": "0" * 64})),
    "absolute name": manifest(lambda m: m["files"].update({"/etc/passwd": "0" * 64})),
    "file that is missing": manifest(lambda m: m["files"].update({"evil.py": "0" * 64})),
    "levels": written("manifest.json", b'{"files":' * 100_000),
    "list": written("manifest.json", b"[]"),
    "changed size": lambda path: os.truncate(path / "model.safetensors", 100),
}
