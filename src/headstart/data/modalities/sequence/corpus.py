"""What is learned from: all stored sequences, or as many as can be held."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from headstart.data.storage.gather import ragged

if TYPE_CHECKING:
    from headstart.core.contracts import Columns

_CORPUS = 64 << 20  # letters that are held while pairs and the length are learned; of more every second row, ...


def thinned(chunks: Iterable[Columns]) -> list[np.ndarray]:
    """All stored sequences, or evenly spread ones where there are too many to hold."""
    kept: list[np.ndarray] = []
    stride, size, number = 1, 0, 0
    for chunk in chunks:
        letters, offsets = ragged(chunk, "letters")
        for begin, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
            number += 1
            if (number - 1) % stride:
                continue
            kept.append(letters[begin:end].copy())
            size += end - begin
            if size > _CORPUS and len(kept) > 1:
                kept, stride = kept[::2], 2 * stride
                size = sum(map(len, kept))
    return kept
