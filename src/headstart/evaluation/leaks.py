"""Scored rows that a model has seen: equal ones by their hash, changed copies by what it remembers of rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headstart.data.preparing.sketching import sketches_of
from headstart.data.store import Store
from headstart.models import remembered
from headstart.models.remembered import Memory

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Leaks:
    """How many of some rows a model has seen as they are, and how many as a changed copy.

    suspects  which of the rows these are, bool [n]
    examples  where some of the copies come from
    unknown   why copies cannot be told, "" where they can
    """

    suspects: np.ndarray
    equal: int = 0
    copies: int = 0
    examples: tuple[str, ...] = ()
    unknown: str = ""

    @property
    def seen(self) -> int:
        return self.equal + self.copies

    @property
    def others(self) -> np.ndarray:
        """Places of the rows that are not suspected, int64; empty where no row is: there is nothing to compare."""
        return np.flatnonzero(~self.suspects) if self.seen else np.empty(0, np.int64)

    def sentence(self, split: str, consequence: str = "") -> str:
        """'37 of 200 test rows were seen in pretraining, and 3 are near copies of rows seen there (a.png)'."""
        total, parts = f"{len(self.suspects):,} {split} rows", list[str]()
        if self.equal:
            parts.append(f"{self.equal:,} of {total} were among the rows this model or its parents learned from")
        if self.copies:
            count = f"{self.copies:,} more" if self.equal else f"{self.copies:,} of {total}"
            parts.append(f"{count} look like changed copies of such rows ({', '.join(self.examples)})")
        return ", and ".join(parts) + consequence

    def warnings(self, split: str, scores: dict[str, float], headline: str) -> list[str]:
        """What is said beside scores, of which those of the other rows are called `unseen_`."""
        said = [self.unknown] if self.unknown else []
        if not self.seen:
            return said
        without = f"; without them {headline} is {value:.4f}" if (value := scores.get(f"unseen_{headline}")) else ""
        return [self.sentence(split, without), *said]


def leaks(known: Sequence[Memory], store: Store, rows: np.ndarray) -> Leaks:
    """What is remembered of these rows of a store; nothing is known of what public checkpoints learned from."""
    equal, copies, unknown = np.zeros(len(rows), bool), np.zeros(len(rows), bool), ""
    if not len(rows):
        return Leaks(equal)
    duplicates, kind = store.modality.duplicates, store.manifest["modality"]
    hashes = remembered.row_numbers(store.hashes_of(rows))
    for one in known:
        equal |= np.isin(hashes, one.seen)
    others = np.flatnonzero(~equal)
    told = [one for one in known if one.kind == kind and len(one.seen)]
    if duplicates is not None and told and len(others):
        asked = sketches_of(duplicates, store.take, rows[others])
        usable = [one.sketches[:, remembered.KEY :] for one in told if one.fits(asked)]
        if len(usable) < len(told):
            unknown = "changed copies of rows it learned from cannot be told: the model was made by an earlier version"
        if usable:
            copies[others[duplicates.resembling(np.concatenate(usable), asked)[:, 0]]] = True
    examples = tuple(store.origins_of(rows[copies][:_EXAMPLES]))
    return Leaks(equal | copies, int(equal.sum()), int(copies.sum()), examples, unknown)
