"""JSON of strangers, parsed within the budget."""

import json
from pathlib import Path
from typing import Any

from headstart.core.contracts.budget import Budget, unsafe

_LARGEST = 1 << 28  # bytes of a file of facts


def text(path: Path, where: str, budget: Budget) -> str:
    """The text of a file of facts. OSError or ValueError if it cannot be read, DataError if it is too large for one."""
    size = path.stat().st_size
    if size > _LARGEST:
        raise unsafe(f"{size:,} bytes of facts", where)
    return path.read_text("utf-8")


def loads(text: str | bytes, where: str, budget: Budget) -> Any:
    """What JSON holds. ValueError if it is broken, RecursionError if it is nested too deeply, DataError if it would
    be far more objects than data have."""
    if len(text) > budget.limits.objects:
        opening = (b"{", b"[") if isinstance(text, bytes) else ("{", "[")
        budget.check_objects(sum(map(text.count, opening)), len(text), where)  # pyright: ignore[reportArgumentType]
    return json.loads(text)
