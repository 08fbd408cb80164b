"""What trackers share. `log(step, values)` adds one point to each named curve, `close` ends the run."""

from importlib import import_module
from typing import Any

from headstart.core.errors import UsageError


def library(name: str, module: str) -> Any:
    """The module of an optional library; UsageError where it is not installed."""
    try:
        return import_module(module)
    except ImportError as cause:
        fix = "pip install 'headstart[tracking]'"
        raise UsageError(351, f"{name} is not installed", found=str(cause), fix=fix) from cause
