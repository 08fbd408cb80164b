"""doctor: what is installed, what is missing, and what to install."""

import os
import sys
from pathlib import Path
from typing import Any

from headstart.commands.common.verbs import Call
from headstart.core.version import __version__

NEEDED = ("torch", "numpy", "scikit-learn", "safetensors", "pillow", "pyarrow", "typer", "rich", "pydantic")
TRACKERS = ("tensorboard", "mlflow", "wandb", "trackio")
EXTRAS = {**dict.fromkeys(TRACKERS, "tracking"), "datasets": "hub", "tifffile": "tiff", "pillow_heif": "heic"}


def doctor() -> dict[str, Any]:
    """Report versions, devices, number formats, disk, optional extras, and what does nothing on this machine."""
    import platform
    import shutil
    from importlib.util import find_spec

    import torch

    from headstart.commands.common.install_notes import gpu_packages, notes
    from headstart.core.cache_folder import directory

    able = torch.cpu.get_capabilities()
    devices = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    versions = {"headstart": __version__, **{name: _version(name) for name in NEEDED}}
    return {
        "versions": versions,
        "formats": {name: bool(able.get(name, False)) for name in ("avx2", "avx512_f", "avx512_bf16", "amx_bf16")},
        "devices": devices + (["mps"] if torch.backends.mps.is_available() else []),
        "free_bytes": shutil.disk_usage(Path.cwd()).free,
        "cache": str(directory()),
        "extras": {name: find_spec(name) is not None for name in EXTRAS},
        "notes": notes(
            {name: _version(name) for name in ("torch", "torchvision")},
            gpu_packages(),
            cuda=torch.version.cuda,
            devices=devices,
            system=platform.system(),
            machine=platform.machine(),
        ),
        "warnings": [f"{name} is missing: pip install headstart" for name, number in versions.items() if not number],
        "python": sys.version.split()[0],
    }


def _version(name: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None


def summary(facts: dict[str, Any], call: Call) -> dict[str, Any]:
    import platform

    import torch

    lines = [f"python {platform.python_version()} on {platform.platform()}"]
    lines += [f"{name} {number or 'MISSING'}" for name, number in facts["versions"].items()]
    formats = ", ".join(name for name, able in facts["formats"].items() if able)
    lines.append(f"cpu: {os.cpu_count()} cores, {torch.get_num_threads()} threads, {formats}")
    lines.append("accelerators: " + (", ".join(facts["devices"]) or "none, everything runs on the cpu"))
    lines.append(f"free disk here: {facts['free_bytes'] / 2**30:.1f} GiB; cache: {facts['cache']}")
    missing = {name: f"not installed (pip install 'headstart[{extra}]')" for name, extra in EXTRAS.items()}
    lines += [f"{name}: {'installed' if installed else missing[name]}" for name, installed in facts["extras"].items()]
    lines += [f"note: {note}" for note in facts["notes"]]
    return {**facts, "text": "\n".join([*lines, *facts["warnings"]])}
