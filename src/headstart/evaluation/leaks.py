"""The leak guard: were rows that a model is scored on among the rows it, or its parents, learned from?"""

import numpy as np

from headstart.data.store import Store
from headstart.models.artifact import row_numbers
from headstart.models.start import Start


def seen_rows(model: Start, store: Store, rows: np.ndarray) -> int:
    """How many of the rows the model has seen, by content hash (exact copies, whatever their file or label)."""
    return int(np.isin(row_numbers(store.hashes_of(rows)), model.seen()).sum())
