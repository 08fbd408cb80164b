"""Which vectors of a corpus lie nearest to those that are asked about, chunk by chunk."""

import numpy as np


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
