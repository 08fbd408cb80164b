"""doctor: what is here, what is missing, what to install for what."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from headstart.commands.common.session import Session
from headstart.core.version import __version__

NEEDED = (
    "torch",
    "numpy",
    "scikit-learn",
    "safetensors",
    "pillow",
    "pyarrow",
    "typer",
    "rich",
    "pydantic",
)
EXTRAS = {
    "tensorboard": "tracking",
    "mlflow": "tracking",
    "wandb": "tracking",
    "trackio": "tracking",
    "datasets": "hub",
    "tifffile": "tiff",
}


def command(session: Session) -> dict[str, Any]:
    """Report versions, devices, number formats, disk and optional extras."""
    import torch

    from headstart.data.cache import directory

    versions = {"headstart": __version__, **{name: _version(name) for name in NEEDED}}
    able = torch.cpu.get_capabilities()
    formats = {name: bool(able.get(name, False)) for name in ("avx2", "avx512_f", "avx512_bf16", "amx_bf16")}
    devices = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    devices += ["mps"] if torch.backends.mps.is_available() else []
    cache, free = directory(), shutil.disk_usage(Path.cwd()).free
    extras = {name: find_spec(name) is not None for name in EXTRAS}
    problems = [f"{name} is missing: pip install headstart" for name, found in versions.items() if found is None]
    lines = [f"python {platform.python_version()} on {platform.platform()}"]
    lines += [f"{name} {found or 'MISSING'}" for name, found in versions.items()]
    lines.append(
        f"cpu: {os.cpu_count()} cores, {torch.get_num_threads()} threads, "
        + ", ".join(n for n, ok in formats.items() if ok)
    )
    lines.append("accelerators: " + (", ".join(devices) or "none, everything runs on the cpu"))
    lines.append(f"free disk here: {free / 2**30:.1f} GiB; cache: {cache}")
    missing = {name: f"not installed (pip install 'headstart[{extra}]')" for name, extra in EXTRAS.items()}
    lines += [f"{name}: {'installed' if there else missing[name]}" for name, there in extras.items()]
    lines += problems
    return {
        "command": "doctor", "versions": versions, "formats": formats, "devices": devices, "free_bytes": free,
        "cache": str(cache), "extras": extras, "warnings": problems, "python": sys.version.split()[0],
        "text": "\n".join(lines),
    }  # fmt: skip


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
