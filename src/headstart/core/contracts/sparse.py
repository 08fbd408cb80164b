"""Features of which a row has few: those that a modality makes of stored rows, and those that a task reads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from torch import Tensor, nn

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from headstart.core.contracts.types import Batch, Columns


class Grams(Protocol):
    """Features of whole rows, for linear models: n-grams of texts, k-mers and places of sequences.

    width   number of features
    blocks  kinds of features, of width / blocks columns each: every kind is brought to length 1, then the row
    """

    @property
    def width(self) -> int: ...
    @property
    def blocks(self) -> int: ...

    def of(self, columns: Columns) -> csr_matrix:
        """The features of stored rows before they are weighted, float32 [n, width]."""
        ...

    def rarity(self, rows: csr_matrix) -> np.ndarray:
        """What every feature counts with, learned from rows [n, width], float32 [width]; 0 for what none has."""
        ...


class WordGrams(Protocol):
    """Features of each word where it stands in its row: its letters and its neighbours.

    width  number of features
    """

    @property
    def width(self) -> int: ...

    def of(self, words: Sequence[str]) -> np.ndarray:
        """Numbers of the features of every word of a row, int32 [words, M]; -1 where a word has fewer."""
        ...


class SparseInputs(nn.Module, ABC):
    """Features of stored rows, and a linear map of them whose outputs the head adds to its own.

    What `inputs` gives is put into every batch, shorter rows filled up: whole numbers with -1, others with 0.
    """

    outputs: int

    @abstractmethod
    def inputs(self, columns: Columns) -> Columns:
        """Stored rows -> ragged columns of features, {"sparse": ids, "sparse.offsets": ...}."""

    @abstractmethod
    def forward(self, batch: Batch) -> Tensor:
        """The map of a batch's features, [..., outputs]."""

    def vectors(self, batch: Batch) -> Tensor:
        """One vector a row, [B, outputs]."""
        return self(batch)

    @abstractmethod
    def rows(self, batch: Batch) -> csr_matrix:
        """The features of a batch as a matrix, one row for each decision that the task examines, float32 [n, F]."""

    @abstractmethod
    def weighed(self, rows: csr_matrix) -> csr_matrix:
        """Rows as the map sees them, once it has learned from them what it must know, such as how rare features are."""

    @abstractmethod
    def weight(self) -> np.ndarray:
        """The weights of the map, [F, outputs]."""

    @property
    def single(self) -> SparseInputs:
        """A map of one head, where this is that of several."""
        return self

    def take_over(self, other: SparseInputs) -> None:
        """See features as another map of the same kind does."""

    @abstractmethod
    def load(self, weight: np.ndarray) -> None:
        """Put fitted weights [F, outputs] into the map."""
