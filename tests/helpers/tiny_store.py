"""A tiny prepared directory of pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from headstart.data.prepare import prepare
from headstart.data.store import Store

ROWS = 120


def tiny_store(path: Path) -> Store:
    """120 grey pictures 8 x 8 of three classes "a", "b", "c" that a linear model can tell apart."""
    generator = np.random.default_rng(0)
    classes = np.arange(ROWS) % 3
    patterns = generator.integers(0, 160, (3, 8, 8))
    pictures = (patterns[classes] + generator.integers(0, 90, (ROWS, 8, 8))).astype(np.uint8)
    return prepare({"train": (pictures, np.array(["a", "b", "c"])[classes])}, path, near="keep")
