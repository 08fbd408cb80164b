"""What a linear model sees of texts: hashed n-grams."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from headstart.data import ngrams

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from headstart.core.contracts import Columns


@dataclass(frozen=True, slots=True)
class TextGrams:
    """Words and pairs of words, then characters within words; rare ones count more. `texts` reads stored rows."""

    texts: Callable[[Columns], Iterator[str]]
    width: int = 2 * ngrams.BLOCK
    blocks: int = 2

    def of(self, columns: Columns) -> csr_matrix:
        return ngrams.ngrams(self.texts(columns))

    def rarity(self, rows: csr_matrix) -> np.ndarray:
        return ngrams.rarity(rows)
