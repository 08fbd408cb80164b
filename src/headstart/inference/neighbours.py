"""Which vectors of a corpus lie nearest to those that are asked about, chunk by chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from headstart.core.errors import UsageError
from headstart.data.reading.roles import Ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headstart.core.contracts import Modality
    from headstart.data.storage.gather import MemoryRows
    from headstart.data.store import Store
    from headstart.inference.blocks import Block


class Embedding(Protocol):
    """What is asked: a `Predictor`."""

    modality: Modality

    def embed(self, inputs: Any) -> np.ndarray: ...

    def blocks(self, inputs: Any, ask: Ask) -> Iterator[Block]: ...

    def features(self, store: Store | MemoryRows, rows: np.ndarray) -> np.ndarray: ...


class Nearest:
    """The k vectors most like each query among all that were added, by cosine; memory does not grow with them.

    numbers   [q, k] int64, in the order of adding, most similar first; of equal cosines the earlier comes first
    cosines   [q, k] float32; both have fewer columns until k vectors were added

    A vector of zeros is like nothing (0).
    """

    def __init__(self, queries: np.ndarray, *, k: int) -> None:
        assert k >= 1, f"k={k}"
        self._queries, self._k, self._added = units(queries), k, 0
        self.numbers = np.empty((len(queries), 0), np.int64)
        self.cosines = np.empty((len(queries), 0), np.float32)

    def add(self, vectors: np.ndarray) -> None:
        """Vectors [n, F]."""
        here = self._queries @ units(vectors).T  # [q, n]
        numbers = np.broadcast_to(np.arange(self._added, self._added + len(vectors)), here.shape)
        cosines, numbers = np.concatenate([self.cosines, here], 1), np.concatenate([self.numbers, numbers], 1)
        best = _best(cosines, self._k)
        self.cosines, self.numbers = (np.take_along_axis(values, best, 1) for values in (cosines, numbers))
        self._added += len(vectors)


def units(vectors: np.ndarray) -> np.ndarray:
    """Rows of length one, float32; a row of zeros stays zero."""
    x = np.asarray(vectors, np.float32)
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)


def _best(cosines: np.ndarray, k: int) -> np.ndarray:
    """Columns of the k largest of each row, largest first, the earlier column where two are equal."""
    if cosines.shape[1] > k:  # what cannot be among the k becomes equal, which a stable sort passes over in one go
        least = np.partition(cosines, -k, axis=1)[:, -k]
        cosines = np.where(cosines >= least[:, None], cosines, -np.inf)
    return np.argsort(-cosines, axis=1, kind="stable")[:, :k]


def nearest(predictor: Embedding, queries: Any, corpus: Any, k: int, ask: Ask) -> list[list[dict[str, Any]]]:
    """What `Predictor.nearest` says."""
    if k < 1:
        raise UsageError(534, "k must be at least 1", found=k)
    asked = predictor.embed(queries)
    if not len(asked):
        return []
    found, rows_of, done = Nearest(asked, k=k), dict[int, dict[str, Any]](), 0
    for block in predictor.blocks(corpus, ask):
        origins, store, rows = [block.origins[place] for place in block.sound], block.store, block.rows
        found.add(predictor.features(store, rows))
        best = {number for row in found.numbers.tolist() for number in row}
        rows_of = {number: row for number, row in rows_of.items() if number in best}
        fresh = sorted(number for number in best if number >= done)
        rows_of |= {number: {"origin": origins[number - done]} for number in fresh}
        if predictor.modality.vocabulary is not None and fresh:
            texts = predictor.modality.vocabulary.texts(store.take(rows[np.array(fresh) - done]))
            for number, text in zip(fresh, texts, strict=True):
                rows_of[number]["text"] = text
        done += len(rows)
    pairs = zip(found.numbers.tolist(), found.cosines.tolist(), strict=True)
    return [[{**rows_of[n], "similarity": c} for n, c in zip(*row, strict=True)] for row in pairs]
