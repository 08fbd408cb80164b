"""Which rows of raw data are scored: all of them, for a model that did not learn from them."""

from __future__ import annotations

import numpy as np

from headstart.data.store import Store
from headstart.models.remembered import row_numbers
from headstart.models.start import Start

GIVEN = "given"  # what rows that are in no part are called


def learned_from(start: Start | None, store: Store) -> bool:
    """Did the model, or one of its parents, learn from these data: the same source, or most of what would be train?"""
    if start is None:
        return False
    content = store.manifest["source"]["hash"]
    sources = [start.facts["data"].get("content"), *(parent.get("content") for parent in start.facts["lineage"])]
    train = store.rows("train")
    return content in sources or 2 * np.isin(row_numbers(store.hashes_of(train)), start.seen()).sum() > len(train)


def whole(start: Start | None, store: Store) -> np.ndarray | None:
    """All rows of data without parts of their own, int64 [n]; None where they have parts, or the model learned from
    them: then the parts that were made keep apart what it has seen."""
    if store.has_given_parts or learned_from(start, store):
        return None
    return np.arange(sum(store.splits.values()), dtype=np.int64)


def sentence(store: Store, split: str, rows: int) -> str:
    """Which rows of raw data were scored, and why."""
    if split == GIVEN:
        return f"scored all {rows:,} rows: the data have no parts, and the model did not learn from them"
    if store.has_given_parts:
        return f"scored the {split} part of the data"
    return f"scored the {split} part that was made of the data, for the model learned from them"
