"""Scored rows that a model has seen: equal ones by their hash, changed copies by what the model remembers of rows."""

from dataclasses import dataclass

import numpy as np

from headstart.data.store import Store
from headstart.models import remembered
from headstart.models.start import Start

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Leaks:
    """How many of `rows` rows a model has seen as they are, and how many as a changed copy, with where some of these
    come from."""

    rows: int
    equal: int = 0
    copies: int = 0
    examples: tuple[str, ...] = ()

    @property
    def seen(self) -> int:
        return self.equal + self.copies

    def sentence(self, split: str, consequence: str = "") -> str:
        """'37 of 200 test rows were seen in pretraining, and 3 are near copies of rows seen there (a.png)'."""
        total, parts = f"{self.rows:,} {split} rows", list[str]()
        if self.equal:
            parts.append(f"{self.equal:,} of {total} were among the rows this model or its parents learned from")
        if self.copies:
            count = f"{self.copies:,} more" if self.equal else f"{self.copies:,} of {total}"
            parts.append(f"{count} look like changed copies of such rows ({', '.join(self.examples)})")
        return ", and ".join(parts) + consequence


def leaks(model: Start | None, store: Store, rows: np.ndarray) -> Leaks:
    """What the model, or its parents, have seen of these rows of a store; nothing is known of public checkpoints."""
    if model is None or not len(rows):
        return Leaks(len(rows))
    equal = np.isin(remembered.row_numbers(store.hashes_of(rows)), model.seen())
    others = rows[~equal]
    duplicates, known = store.modality.duplicates, model.sketches()[:, remembered.KEY :]
    same_kind = model.config["modality"]["kind"] == store.manifest["modality"]
    if duplicates is None or not same_kind or not len(known) or not len(others):
        return Leaks(len(rows), int(equal.sum()))
    asked = remembered.sketches_of(duplicates, store, others)
    copies = others[duplicates.resembling(known, asked) >= 0] if asked.shape[1] == known.shape[1] else others[:0]
    examples = tuple(store.origins_of(copies[:_EXAMPLES]))
    return Leaks(len(rows), int(equal.sum()), len(copies), examples)
