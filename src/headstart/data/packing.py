"""Packed rows for pretraining: sequences laid one behind the other and cut into rows of one length, without padding.

As in `batches`, the order is a pure function of (seed, step): an epoch is a permutation of the sequences, its rows are
consecutive cuts of them, and what is left over at its end (less than one row) waits for another epoch's order.
"""

from collections.abc import Iterator
from itertools import count

import numpy as np
import torch

from headstart.core import random
from headstart.core.contracts import Batch
from headstart.core.contracts.vocabulary import Vocabulary
from headstart.core.errors import DataError
from headstart.data.line import permutation
from headstart.data.store import Store


class Packed:
    """Sequences of one split as packed training batches: x [B, T], keep [B, T] (all True), document [B, T].

    `document` says which sequence a place belongs to. `rows` is the number of packed rows in an epoch, and the size of
    a batch counts packed rows, too.
    """

    def __init__(
        self,
        store: Store,
        indices: np.ndarray,
        vocabulary: Vocabulary,
        *,
        batch: int = 256,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        self._store, self._sequences, self._vocabulary = store, np.asarray(indices, np.int64), vocabulary
        self.seed, self._device = seed, torch.device(device)
        stored = store.lengths(self._sequences, "x")
        if stored is None:  # sequences that all happen to have one length are stored as fixed rows
            stored = np.full(len(self._sequences), store.feed(self._sequences[:1])["x"].shape[1])
        self._places = vocabulary.places(stored)
        total = int(self._places.sum())
        self.length = min(vocabulary.length, total)
        if self.length < 2:
            raise DataError(336, "there are no data to learn from", where=store.directory, found=f"{total} tokens")
        self.rows = total // self.length
        self.size = min(batch, self.rows)
        self._epoch = -1
        self._order, self._starts = np.empty(0, np.int64), np.empty(0, np.int64)

    def at(self, step: int) -> Batch:
        pieces = [self._cut(*span) for span in self._spans(step)]
        return pieces[0] if len(pieces) == 1 else {n: torch.cat([piece[n] for piece in pieces]) for n in pieces[0]}

    def stream(self, start: int) -> Iterator[Batch]:
        yield from map(self.at, count(start))

    def origins(self, step: int) -> list[str]:
        """Where the sequences of each packed row of a step came from: the first and the last of them."""
        origins: list[str] = []
        for epoch, start, rows in self._spans(step):
            self._open(epoch)
            for row in range(start, start + rows):
                first, last = self._sequences_from(row * self.length, (row + 1) * self.length)
                ends = self._store.origins_of(self._sequences[self._order[[first, last - 1]]])
                origins.append(" to ".join(dict.fromkeys(ends)))
        return origins

    def once(self, size: int | None = None) -> Iterator[Batch]:
        size = size or self.size
        for first in range(0, self.rows, size):
            yield self._cut(0, first, min(size, self.rows - first))

    def _cut(self, epoch: int, first: int, rows: int) -> Batch:
        self._open(epoch)
        begin, end = first * self.length, (first + rows) * self.length
        one, last = self._sequences_from(begin, end)
        joined = self._vocabulary.joined(self._store.feed(self._sequences[self._order[one:last]]))
        offset = begin - int(self._starts[one])
        cut = {n: torch.from_numpy(v[offset : offset + end - begin]).view(rows, -1) for n, v in joined.items()}
        key = random.keys(self.seed, epoch, torch.arange(first, first + rows))
        batch = {**cut, "keep": torch.ones_like(cut["x"], dtype=torch.bool), "key": key}
        return {name: tensor.to(self._device) for name, tensor in batch.items()}

    def _spans(self, step: int) -> Iterator[tuple[int, int, int]]:
        """Epoch, first row and number of rows of each stretch that a step's batch is made of."""
        place, missing = step * self.size, self.size
        while missing:
            epoch, first = divmod(place, self.rows)
            rows = min(missing, self.rows - first)
            yield epoch, first, rows
            place, missing = place + rows, missing - rows

    def _sequences_from(self, begin: int, end: int) -> tuple[int, int]:
        """Which sequences of the open epoch cover these places: the first, and the one behind the last."""
        one = int(np.searchsorted(self._starts, begin, "right")) - 1
        return one, int(np.searchsorted(self._starts, end, "left"))

    def _open(self, epoch: int) -> None:
        if epoch == self._epoch:
            return
        self._order = permutation(self.seed, epoch, len(self._sequences))
        self._starts = np.concatenate([[0], np.cumsum(self._places[self._order])])
        self._epoch = epoch
