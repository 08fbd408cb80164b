"""Sparse features beside a network's vectors: those that the modality makes of whole rows, and those of words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor

from headstart.core.contracts import Backbone, Batch, Columns, Modality
from headstart.core.contracts.sparse import Grams, SparseInputs, WordGrams
from headstart.core.contracts.vocabulary import Vocabulary
from headstart.core.errors import ContractError
from headstart.data import ngrams, word_features
from headstart.models.nn.sparse_table import SparseTable

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Wanted = bool | Literal["auto"]


def row_features(wanted: Wanted, backbone: Backbone, modality: Modality, outputs: int) -> SparseInputs | None:
    """Those of whole rows, if they are wanted."""
    vocabulary = _vocabulary(wanted, backbone, modality)
    return None if vocabulary is None else RowFeatures(vocabulary.grams, outputs)


def word_features_of(
    wanted: Wanted, backbone: Backbone, modality: Modality, outputs: int, grams: WordGrams | None = None
) -> WordFeatures | None:
    """Those of words, if they are wanted: the given ones, or those that the modality makes."""
    vocabulary = _vocabulary(wanted, backbone, modality)
    return None if vocabulary is None else WordFeatures(vocabulary, grams or vocabulary.word_grams, outputs)


def with_sparse(vectors: Tensor, sparse: SparseInputs | None, batch: Batch) -> Tensor:
    """Vectors of a network, with the outputs of sparse features behind them where there are some."""
    return vectors if sparse is None else torch.cat([vectors, sparse(batch)], -1)


def _vocabulary(wanted: Wanted, backbone: Backbone, modality: Modality) -> Vocabulary | None:
    """Of the rows whose features are wanted; ContractError for data that are no sequences of ids."""
    if not (backbone.width == 0 if wanted == "auto" else wanted):
        return None
    if modality.vocabulary is None:
        fix = "set task.sparse=false"
        raise ContractError(319, "task.sparse needs texts or sequences", found="data of another kind", fix=fix)
    return modality.vocabulary


class RowFeatures(SparseInputs):
    """The features of a row, weighted by how rare they are among the rows that were learned."""

    def __init__(self, grams: Grams, outputs: int) -> None:
        super().__init__()
        self.grams, self.outputs = grams, outputs
        self.table = SparseTable(grams.width, outputs, blocks=grams.blocks)
        self._known: Tensor | None = None  # how rare features are in the data of a start

    def inputs(self, columns: Columns) -> Columns:
        rows = self.grams.of(columns)
        offsets = rows.indptr.astype(np.int64)
        return {
            "sparse": rows.indices.astype(np.int32), "sparse.offsets": offsets,
            "sparse_value": rows.data, "sparse_value.offsets": offsets,
        }  # fmt: skip

    def forward(self, batch: Batch) -> Tensor:
        return self.table(batch["sparse"], batch["sparse_value"])

    def rows(self, batch: Batch) -> csr_matrix:
        from scipy.sparse import csr_matrix

        ids, values = (batch[name].cpu().numpy() for name in ("sparse", "sparse_value"))
        there = ids >= 0
        offsets = np.concatenate([[0], there.sum(1).cumsum()])
        return csr_matrix((values[there], ids[there], offsets), shape=(len(ids), len(self.table.weight)))

    def weighed(self, rows: csr_matrix) -> csr_matrix:
        with torch.no_grad():
            here = torch.from_numpy(self.grams.rarity(rows))
            self.table.rarity.copy_(here if self._known is None else torch.where(self._known > 0, self._known, here))
        return ngrams.weighed(rows, self.table.rarity.cpu().numpy(), self.table.blocks)

    def weight(self) -> np.ndarray:
        return self.table.weight.detach().cpu().numpy()

    def load(self, weight: np.ndarray) -> None:
        self.table.load(weight)

    def take_over(self, other: SparseInputs) -> None:
        """How rare features are, as far as the other has seen them."""
        known = other.single
        assert isinstance(known, RowFeatures)
        self._known = known.table.rarity.clone()


class WordFeatures(SparseInputs):
    """What is seen of every word where it stands."""

    def __init__(self, vocabulary: Vocabulary, grams: WordGrams, outputs: int) -> None:
        super().__init__()
        self.vocabulary, self.grams, self.outputs = vocabulary, grams, outputs
        self.table = SparseTable(grams.width, outputs)

    def inputs(self, columns: Columns) -> Columns:
        found = [self.grams.of(words) for words, _ in self.vocabulary.words(columns)]
        return {"sparse": np.concatenate(found), "sparse.offsets": np.cumsum([0, *map(len, found)])}

    def forward(self, batch: Batch) -> Tensor:
        """[B, W, outputs]."""
        return self.of(batch["sparse"])

    def vectors(self, batch: Batch) -> Tensor:
        """The mean over the words."""
        there = (batch["begin"] >= 0)[..., None]
        return (self(batch) * there).sum(1) / there.sum(1).clamp_min(1)

    def of(self, ids: Tensor) -> Tensor:
        """Numbers of features [..., M] -> [..., outputs]."""
        return self.table(ids, torch.ones_like(ids, dtype=self.table.weight.dtype))

    def rows(self, batch: Batch) -> csr_matrix:
        return word_features.as_rows(batch["sparse"][batch["begin"] >= 0].cpu().numpy(), self.grams.width)

    def weighed(self, rows: csr_matrix) -> csr_matrix:
        return rows

    def weight(self) -> np.ndarray:
        return self.table.weight.detach().cpu().numpy()

    def load(self, weight: np.ndarray) -> None:
        self.table.load(weight)
