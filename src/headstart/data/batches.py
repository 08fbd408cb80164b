"""Batches in an order that is a pure function of (seed, step): nothing to store for resuming, nothing to drift.

See `line` for that order. No batch is ragged, and the state of the data is the step number alone.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from headstart.core import random
from headstart.core.contracts import Batch, Columns, Modality
from headstart.data.line import Line, ascending
from headstart.data.storage.gather import filled, opened, ragged, taken

RESIDENT_BYTES = 2 << 30  # splits smaller than this are collated once and gathered as tensors on an accelerator
HOST_BYTES = 1 << 28  # on a host, where the mapped file is read as fast, and what is collated is larger


class Feed(Protocol):
    """Training batches by step: what the loop asks for, however the rows are laid out."""

    size: int
    rows: int
    seed: int

    def stream(self, start: int) -> Iterator[Batch]: ...
    def once(self, size: int | None = None) -> Iterator[Batch]: ...

    def origins(self, step: int) -> list[str]:
        """Where the rows of a step's batch came from, a line for each row."""
        ...


class Rows(Protocol):
    """What batches are gathered from: a store, or the windows of one."""

    def feed(self, indices: np.ndarray) -> Columns: ...
    def lengths(self, indices: np.ndarray, column: str) -> np.ndarray | None: ...
    def bytes_of(self, indices: np.ndarray) -> int: ...
    def origins_of(self, rows: np.ndarray) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Beside:
    """Rows that lie beside others in every batch, such as unlabelled beside labelled ones; a batch is counted without.

    rows  which of them, bool [n]
    each  how many of them come for each of the others
    """

    rows: np.ndarray
    each: int


class Batches:
    """The rows of one split as training batches; `rows` is how many an epoch has.

    indices  of the rows in the store, [n] int64
    labels   extra columns of those rows, each [n, ...] (what the task made of the labels)
    sparse   extra ragged columns of those rows, with their offsets: features of which a row has few
    beside   rows that every batch has so many of beside the others; without it rows come as they lie
    """

    def __init__(
        self,
        store: Rows,
        indices: np.ndarray,
        modality: Modality,
        *,
        labels: Columns | None = None,
        sparse: Columns | None = None,
        beside: Beside | None = None,
        batch: int = 256,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        self._store, self._indices, self._modality = store, np.asarray(indices, np.int64), modality
        self._labels = {name: torch.from_numpy(np.ascontiguousarray(c)) for name, c in (labels or {}).items()}
        self._sparse = opened(sparse or {})
        self.rows, self.seed = len(self._indices), seed
        self._device = torch.device(device)
        self._lengths = store.lengths(self._indices, modality.spec.length_of)
        self._lines = self._drawn(batch, beside)
        self.size = sum(line.size for line in self._lines)
        most = HOST_BYTES if self._device.type == "cpu" else RESIDENT_BYTES
        self._small = store.bytes_of(self._indices) <= most
        self._resident: Mapping[str, Tensor] | None = None
        if self._small and self._lengths is None and not self._sparse:
            columns = {**modality.collate(store.feed(self._indices)), **self._labels}
            self._resident = {name: tensor.to(self._device) for name, tensor in columns.items()}

    def sample(self, count: int = 4) -> Batch:
        """A few rows, for parts that take their sizes from a batch."""
        return next(self.once(count))

    def at(self, step: int) -> Batch:
        """The batch of one step, on the device."""
        return self._gather(*self._chosen(step))

    def stream(self, start: int) -> Iterator[Batch]:
        """Batches from a step on, one ahead of the consumer where rows come from disk."""
        if self._small:
            yield from map(self.at, count(start))
        with ThreadPoolExecutor(1) as ahead:
            coming = ahead.submit(self.at, start)
            for step in count(start + 1):
                batch = coming.result()
                coming = ahead.submit(self.at, step)
                yield batch

    def origins(self, step: int) -> list[str]:
        return self._store.origins_of(self._indices[self._chosen(step)[0].numpy()])

    def once(self, size: int | None = None) -> Iterator[Batch]:
        """Every row once, in the store's order or, of differing length, the shortest first; the last may be smaller."""
        size = size or self.size
        for index in (torch.arange(self.rows) if self._lengths is None else ascending(self._lengths)).split(size):
            yield self._gather(index, random.keys(self.seed, 0, index))

    def _drawn(self, batch: int, beside: Beside | None) -> list[Line]:
        """The lines whose pieces lie behind each other in a batch."""
        if beside is None:
            return [Line(np.arange(self.rows), min(batch, self.rows), self.seed, self._lengths)]
        first, others = np.flatnonzero(~beside.rows), np.flatnonzero(beside.rows)
        size = min(batch, len(first))
        sizes = size, min(beside.each * size, len(others))
        lines = zip((first, others), sizes, strict=True)
        return [Line(rows, count, self.seed, self._lengths) for rows, count in lines if count]

    def _chosen(self, step: int) -> tuple[Tensor, Tensor]:
        """Row numbers and keys of one step's batch."""
        pieces = [line.at(step) for line in self._lines]
        return torch.cat([index for index, _ in pieces]), torch.cat([key for _, key in pieces])

    def _gather(self, index: Tensor, key: Tensor) -> Batch:
        if self._resident is not None:
            places = index.to(self._device)
            batch = {name: tensor.index_select(0, places) for name, tensor in self._resident.items()}
        else:
            host = self._modality.collate(self._store.feed(self._indices[index.numpy()]))
            host |= {name: column[index] for name, column in self._labels.items()}
            host |= in_full(taken(self._sparse, index.numpy()))
            batch = {name: tensor.to(self._device) for name, tensor in host.items()}
        batch["key"] = key.to(self._device)
        return batch


def in_full(columns: Columns) -> Batch:
    """Ragged columns as tensors [B, longest, ...], of one place at least; whole numbers are filled up with -1, others
    with 0."""
    found: Batch = {}
    for name in columns:
        if not name.endswith(".offsets"):
            values, offsets = ragged(columns, name)
            numbers = values if values.dtype.kind == "f" else values.astype(np.int64)
            blank = 0 if values.dtype.kind == "f" else -1
            rows = filled(numbers, offsets, blank)
            if not rows.shape[1]:  # rows without any feature, such as an empty text
                rows = np.full((len(rows), 1, *rows.shape[2:]), blank, rows.dtype)
            found[name] = torch.from_numpy(rows)
    return found
