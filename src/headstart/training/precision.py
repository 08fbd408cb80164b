"""Mixed precision where it pays, by a rule."""

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

from headstart.core.contracts import Backbone
from headstart.core.errors import UsageError, nearest

Precision = Literal["auto", "float32", "bfloat16"]


def check_precision(name: str) -> Precision:
    """The name of a precision; UsageError names the nearest known one."""
    for known in ("auto", "float32", "bfloat16"):
        if name == known:
            return known
    raise UsageError(533, "unknown precision", found=f"'{name}'", fix=nearest(name, ("auto", "float32", "bfloat16")))


def precision(wanted: Precision, device: torch.device, backbone: Backbone) -> AbstractContextManager[object]:
    """Mixed precision where it pays. "auto" is a rule and no timing, so that two runs never differ by a stopwatch.

    bf16 gave 1.5-2.2x on wide transformers and ResNets and lost on narrow networks (docs/decisions.md). On an Intel CPU
    without AMX matrix products ran at 82 GFLOP/s in bf16 and 155 in float32, though it has avx512_bf16.
    """
    cpu = torch.cpu.get_capabilities()
    fast = bool(cpu.get("amx_bf16")) or (bool(cpu.get("avx512_bf16")) and "AMD" in str(cpu.get("cpu_name")))
    pays = device.type == "cuda" or (fast and backbone.matmul_bound and backbone.width >= 128)
    if wanted == "bfloat16" or (wanted == "auto" and pays):
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()
