"""JSON of strangers, parsed within the budget."""

import json
from typing import Any

from headstart.core.contracts.budget import Budget


def loads(text: str | bytes, where: str, budget: Budget) -> Any:
    """What JSON holds. ValueError if it is broken, RecursionError if it is nested too deeply, DataError if it would
    be far more objects than data have."""
    if len(text) > budget.limits.objects:
        opening = (b"{", b"[") if isinstance(text, bytes) else ("{", "[")
        budget.check_objects(sum(map(text.count, opening)), len(text), where)  # pyright: ignore[reportArgumentType]
    return json.loads(text)
