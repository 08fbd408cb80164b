"""Encoded rows in memory, which give batches as a store does."""

from collections.abc import Sequence

import numpy as np

from headstart.core.contracts import Columns, Modality
from headstart.data.storage.gather import Fixed, Ragged, lengths, stacked, taken


class MemoryRows:
    """Rows as a modality encoded them, derived like those of a store."""

    def __init__(self, modality: Modality, rows: Sequence[Columns]) -> None:
        columns = stacked(rows)
        derived = modality.derive(columns)
        self._stored = _columns(columns)
        self._fed = _columns(derived) if derived else self._stored

    def feed(self, indices: np.ndarray) -> Columns:
        """The rows of these numbers, as `collate` takes them."""
        return taken(self._fed, indices)

    def take(self, indices: np.ndarray) -> Columns:
        """The rows of these numbers, as they were encoded."""
        return taken(self._stored, indices)

    def lengths(self, indices: np.ndarray, column: str) -> np.ndarray | None:
        """Length of a column in each row, int64 [n]; None where all rows have one shape."""
        return lengths(self._fed, column, np.asarray(indices, np.int64))


def _columns(columns: Columns) -> list[Fixed | Ragged]:
    return [_column(name, columns) for name in columns if not name.endswith(".offsets")]


def _column(name: str, columns: Columns) -> Fixed | Ragged:
    if f"{name}.offsets" in columns:
        return Ragged(name, columns[name], columns[f"{name}.offsets"])
    return Fixed(name, columns[name])
