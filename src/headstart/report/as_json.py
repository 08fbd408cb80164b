"""Frozen records -> what JSON can hold."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from PIL import Image


def plain(value: Any) -> Any:
    """Records as dicts with their `kind`, arrays as lists, pictures by size, numbers that are not finite as None."""
    if isinstance(value, Image.Image):
        return {"width": value.width, "height": value.height}
    if is_dataclass(value) and not isinstance(value, type):
        record = {each.name: plain(vars(value)[each.name]) for each in fields(value)}
        return {"kind": type(value).__name__.lower(), **record}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
