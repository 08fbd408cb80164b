"""Under which code and on which machine a run began, so that going on under others is noticed."""

import hashlib
import importlib.util
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headstart.core.recipe import TABLES, Recipe
from headstart.core.version import __version__

CODE = "code"  # the entry that refuses to go on; all others only cost the equality of every bit


def circumstances(recipe: Recipe, machine: Mapping[str, object]) -> dict[str, str]:
    """What a run depends on besides its recipe: the code of headstart and of outside classes, and the machine."""
    return {CODE: f"{__version__}-{_code(recipe)}"} | {name: str(value) for name, value in machine.items()}


def changes(before: Mapping[str, Any], now: Mapping[str, str]) -> dict[str, str]:
    """What differs, by name: `threads` -> "threads: 2 -> 1"."""
    names = sorted(set(before) | set(now))
    return {n: f"{n}: {before.get(n)} -> {now.get(n)}" for n in names if before.get(n) != now.get(n)}


def _code(recipe: Recipe) -> str:
    """Twelve letters that differ if a source file of headstart, or of a class the recipe names, does."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    values = recipe.as_dict()
    kinds = [values[name]["kind"] for name in TABLES if "kind" in values.get(name, {})]
    for module in sorted({kind.partition(":")[0] for kind in kinds if isinstance(kind, str) and ":" in kind}):
        file = _file_of(module)
        if file is not None:
            digest.update(Path(file).read_bytes())
    return digest.hexdigest()[:12]


def _file_of(module: str) -> str | None:
    """The source of a module; None if there is none, as of the cells of a notebook, which are `__main__`."""
    loaded = vars(sys.modules[module]) if module in sys.modules else {}
    if loaded and loaded.get("__spec__") is None:  # a script or a notebook
        return loaded.get("__file__")
    spec = importlib.util.find_spec(module)
    return None if spec is None else spec.origin


def machine(device: str) -> dict[str, object]:
    """What the bits of a run depend on besides its recipe and the code."""
    import torch

    processor = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    if device.startswith("cuda"):
        processor = torch.cuda.get_device_name(device)
    return {
        "torch": torch.__version__, "python": platform.python_version(),
        "processor": processor,  # others take other kernels, which round otherwise
        "threads": torch.get_num_threads(), "device": device,
    }  # fmt: skip
