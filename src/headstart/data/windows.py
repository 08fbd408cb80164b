"""Rows longer than a model reads, as windows: every window is a row of its own, and nothing at the end is left out."""

import numpy as np

from headstart.core.contracts import Columns, Example
from headstart.core.contracts.windows import Windows
from headstart.data.store import Store


class WindowedRows:
    """A store whose rows are the windows of some rows of another one, in order.

    The last window of a row ends where the row ends: it overlaps the one before it where the stride does not fit.
    """

    def __init__(self, store: Store, rows: np.ndarray, windows: Windows, length_of: str) -> None:
        self._store, self._windows = store, windows
        rows = np.asarray(rows, np.int64)
        lengths = store.lengths(rows, length_of)
        if lengths is None:  # all rows have one shape
            lengths = np.full(len(rows), store.feed(rows[:1])[length_of].shape[1] if len(rows) else 0)
        beyond = np.maximum(lengths - windows.length, 0)
        counts = 1 + -(-beyond // windows.stride)  # [n]
        self._row = np.repeat(rows, counts)
        number = np.arange(len(self._row)) - np.repeat(np.cumsum(counts) - counts, counts)  # of a window in its row
        self._start = np.minimum(number * windows.stride, np.repeat(beyond, counts))
        self._length = np.minimum(np.repeat(lengths, counts), windows.length)

    def __len__(self) -> int:
        return len(self._row)

    def feed(self, indices: np.ndarray) -> Columns:
        """The columns of windows, as a modality collates them. Every row is read once, however many windows it has."""
        rows, place = np.unique(self._row[indices], return_inverse=True)
        return self._windows.cut(self._store.feed(rows), place, self._start[indices])

    take = feed

    def lengths(self, indices: np.ndarray, column: str) -> np.ndarray | None:
        """Places of each window, int64 [n], whatever the column; None where all have as many."""
        lengths = self._length[indices]
        return None if len(lengths) and (lengths == lengths[0]).all() else lengths

    def bytes_of(self, indices: np.ndarray) -> int:
        columns = self.feed(np.asarray(indices[:1], np.int64))
        return sum(values.nbytes for values in columns.values()) * len(indices)

    def origins_of(self, rows: np.ndarray) -> list[str]:
        """Where each window came from: "runs.csv:3@48" begins at place 48 of that row."""
        origins = self._store.origins_of(self._row[rows])
        return [f"{origin}@{start}" for origin, start in zip(origins, self._start[rows].tolist(), strict=True)]

    def examples_of(self, indices: np.ndarray) -> list[Example]:
        """What is known of windows: what is known of their row, and where they begin."""
        pairs = zip(self._store.examples_of(self._row[indices]), self.origins_of(indices), strict=True)
        return [{**example, "origin": origin} for example, origin in pairs]
