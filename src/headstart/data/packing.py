"""Packed rows for pretraining: sequences laid one behind the other and cut into rows of one length, without padding.

As in `batches`, the order is a pure function of (seed, step): an epoch is a permutation of the sequences, its rows are
consecutive cuts of them, and what is left over at its end (less than one row) waits for another epoch's order.
"""

from collections.abc import Iterator

import numpy as np
import torch

from headstart.core import random
from headstart.core.contracts import Batch
from headstart.core.contracts.vocabulary import Vocabulary
from headstart.core.errors import DataError
from headstart.data.batches import permutation
from headstart.data.store import Store


class Packed:
    """Sequences of one split as packed training batches: x [B, T], keep [B, T] (all True), document [B, T].

    `document` says which sequence a place belongs to. `rows` are packed rows, and so is the size of a batch.
    """

    def __init__(
        self,
        store: Store,
        rows: np.ndarray,
        vocabulary: Vocabulary,
        *,
        batch: int = 256,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        self._store, self._sequences, self._vocabulary = store, np.asarray(rows, np.int64), vocabulary
        self._seed, self._device = seed, torch.device(device)
        stored = store.lengths(self._sequences, "x")
        # sequences that all happen to have one length are stored as fixed rows
        self._places = vocabulary.places(_fixed_lengths(store, self._sequences) if stored is None else stored)
        total = int(self._places.sum())
        self.length = min(vocabulary.length, total)
        if self.length < 2:
            raise DataError(336, "there are no data to learn from", where=store.directory, found=f"{total} tokens")
        self._rows = total // self.length
        self.size = min(batch, self._rows)
        self._epoch = -1
        self._order, self._starts = np.empty(0, np.int64), np.empty(0, np.int64)

    @property
    def rows(self) -> int:
        """Number of packed rows in an epoch."""
        return self._rows

    @property
    def seed(self) -> int:
        return self._seed

    def at(self, step: int) -> Batch:
        """The batch of one step, on the device."""
        pieces = [self._cut(epoch, first, count) for epoch, first, count in self._spans(step)]
        return pieces[0] if len(pieces) == 1 else {n: torch.cat([piece[n] for piece in pieces]) for n in pieces[0]}

    def stream(self, start: int) -> Iterator[Batch]:
        """Batches from a step on."""
        step = start
        while True:
            yield self.at(step)
            step += 1

    def origins(self, step: int) -> list[str]:
        """Where the sequences of each packed row of a step came from: the first and the last of them."""
        found: list[str] = []
        for epoch, start, count in self._spans(step):
            self._open(epoch)
            for row in range(start, start + count):
                first, last = self._sequences_from(row * self.length, (row + 1) * self.length)
                named = self._store.origins_of(self._sequences[self._order[[first, last - 1]]])
                found.append(" to ".join(dict.fromkeys(named)))
        return found

    def once(self, size: int | None = None) -> Iterator[Batch]:
        """Every row of the first epoch once; the last batch may be smaller."""
        size = size or self.size
        for first in range(0, self._rows, size):
            yield self._cut(0, first, min(size, self._rows - first))

    def _cut(self, epoch: int, first: int, count: int) -> Batch:
        """`count` rows from row `first` on."""
        self._open(epoch)
        begin, end = first * self.length, (first + count) * self.length
        one, last = self._sequences_from(begin, end)
        joined = self._vocabulary.joined(self._store.feed(self._sequences[self._order[one:last]]))
        offset = begin - int(self._starts[one])
        cut = {n: torch.from_numpy(v[offset : offset + end - begin]).view(count, -1) for n, v in joined.items()}
        key = random.keys(self._seed, epoch, torch.arange(first, first + count))
        batch = {**cut, "keep": torch.ones_like(cut["x"], dtype=torch.bool), "key": key}
        return {name: tensor.to(self._device) for name, tensor in batch.items()}

    def _spans(self, step: int) -> Iterator[tuple[int, int, int]]:
        """Epoch, first row and number of rows of each stretch that a step's batch is made of."""
        place, missing = step * self.size, self.size
        while missing:
            epoch, first = divmod(place, self._rows)
            count = min(missing, self._rows - first)
            yield epoch, first, count
            place, missing = place + count, missing - count

    def _sequences_from(self, begin: int, end: int) -> tuple[int, int]:
        """Which sequences of the open epoch cover these places: the first, and the one behind the last."""
        one = int(np.searchsorted(self._starts, begin, "right")) - 1
        return one, int(np.searchsorted(self._starts, end, "left"))

    def _open(self, epoch: int) -> None:
        if epoch == self._epoch:
            return
        self._order = permutation(self._seed, epoch, len(self._sequences))
        self._starts = np.concatenate([[0], np.cumsum(self._places[self._order])])
        self._epoch = epoch


def _fixed_lengths(store: Store, rows: np.ndarray) -> np.ndarray:
    """[n] equal lengths."""
    return np.full(len(rows), store.feed(rows[:1])["x"].shape[1])
