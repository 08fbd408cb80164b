"""Is a model that was saved and opened again the one that was trained? Guards against silence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from headstart.core.errors import InternalError
from headstart.data.store import Store
from headstart.inference.predictor import Predictor

ASKED = 32
"""Rows that both are asked."""

CLOSE = 1e-4
"""The same weights laid out otherwise in memory (channels last) sum in another order."""


def same_answers(trained: Predictor, opened: Predictor, store: Store, rows: np.ndarray) -> None:
    """InternalError unless both give the same numbers for the rows [n], to 1e-4 of their size."""
    found = [distance(a, b) for a, b in zip(trained.answers(store, rows), opened.answers(store, rows), strict=True)]
    if max(found, default=0.0) > CLOSE:
        raise InternalError(
            21, "the saved model answers otherwise than the trained one", where=opened.path or "",
            found=f"a difference of {max(found):.3g}", expected=f"at most {CLOSE:g}",
            fix="do not use it; report this with the recipe.toml beside it",
        )  # fmt: skip


def distance(one: Any, other: Any) -> float:
    """The largest difference of two answers' numbers, relative beyond 1; infinite if they are of different shape.

    Names are not compared: at a tie they follow from the last digit.
    """
    if isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
        return max((distance(one[name], other[name]) for name in one), default=0.0)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        return max((distance(a, b) for a, b in zip(one, other, strict=True)), default=0.0)
    if isinstance(one, str) and isinstance(other, str):
        return 0.0
    if isinstance(one, int | float) and isinstance(other, int | float):
        if math.isnan(one) and math.isnan(other):
            return 0.0
        gap = abs(one - other) / max(1.0, abs(one))
        return math.inf if math.isnan(gap) else gap
    return 0.0 if one == other else math.inf
