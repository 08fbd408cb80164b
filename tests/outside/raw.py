"""Raw rows for the parts from outside."""

from __future__ import annotations

import numpy as np


def wheels(rows: int) -> list[dict[str, np.ndarray]]:
    """Two columns of numbers a row, each of its own length: a turning wheel, and noise beside it."""
    generator = np.random.default_rng(0)
    lengths = generator.integers(20, 50, rows)
    turning = [np.sin(np.arange(n) * 0.6 + generator.uniform(0, 6)) for n in lengths]
    shaken = [wheel + generator.normal(0, 0.02, len(wheel)) for wheel in turning]
    return [{"wheel": wheel, "noise": generator.normal(0, 1, len(wheel) - 3)} for wheel in shaken]


def groups(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Three well separated groups of vectors, and which group each is of."""
    generator = np.random.default_rng(0)
    numbers = np.arange(rows) % 3
    centres = generator.normal(0, 4, (3, 5))
    return (centres[numbers] + generator.normal(0, 0.5, (rows, 5))).astype(np.float32), numbers.astype(str)
