"""Data whose label is told by one planted part alone, and models of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import headstart as hs

ROWS = 240


@cache
def pictures() -> tuple[list[np.ndarray], list[str], list[tuple[int, int]]]:
    """Noise of 16 x 16 with a mark of 4 x 4 at a random place, stripes across or down; where the marks lie."""
    rng = np.random.default_rng(0)
    made, labels, places = [], [], []
    for number in range(ROWS):
        x = rng.integers(90, 166, (16, 16), np.uint8)
        top, left = (int(one) * 2 for one in rng.integers(0, 7, 2))
        mark = np.indices((4, 4))[number % 2] % 2 * 255
        x[top : top + 4, left : left + 4] = mark
        made.append(x)
        labels.append(("across", "down")[number % 2])
        places.append((top, left))
    return made, labels, places


@cache
def texts() -> tuple[list[str], list[str], list[int]]:
    """Sentences of 12 random words, one of which tells the class; where it stands."""
    rng = np.random.default_rng(0)
    common = [f"{a}{b}" for a in ("ba", "do", "ki", "lu", "me") for b in ("ran", "sol", "tip", "vek")]
    made, labels, places = [], [], []
    for number in range(ROWS):
        words = rng.choice(common, 12).tolist()
        place = int(rng.integers(12))
        words[place] = ("zebra", "quartz")[number % 2]
        made.append(" ".join(words))
        labels.append(("animal", "stone")[number % 2])
        places.append(place)
    return made, labels, places


@cache
def table() -> pd.DataFrame:
    """Ten columns, of which one tells the class."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({f"c{n}": rng.normal(size=ROWS) for n in range(9)})
    frame["told"] = rng.normal(size=ROWS)
    frame["label"] = np.where(frame["told"] > 0, "up", "down")
    return frame


@cache
def sequences() -> pd.DataFrame:
    """DNA of 40 bases, half of which have TATAAT at place 12."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(ROWS):
        letters = rng.choice(list("ACGT"), 40)
        if number % 2:
            letters[12:18] = list("TATAAT")
        rows.append({"sequence": "".join(letters), "label": ("no", "yes")[number % 2]})
    return pd.DataFrame(rows)


def learned(where: Path, data: Any, **named: Any) -> Any:
    """A small model of one of these, trained in seconds."""
    return hs.finetune(data, start="scratch", out=where / "model", **named)
