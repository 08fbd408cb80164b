"""The words of rows, and how much of a text is shown."""

from collections.abc import Sequence

import numpy as np

from headstart.assemble import are_worded
from headstart.core.contracts import Modality
from headstart.data.store import Store

LONGEST = 300  # characters of a text that are shown


def words_of(modality: Modality, store: Store, rows: np.ndarray) -> list[Sequence[str]]:
    """The words of rows that came cut into words; nothing of others."""
    if not len(rows) or modality.vocabulary is None or not are_worded(store, rows):
        return [()] * len(rows)
    return [words for words, _ in modality.vocabulary.words(store.take(rows))]


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
