"""Raw examples -> encoded rows, on several threads, in order, with a bounded number on the way."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from headstart.core import contracts
from headstart.core.contracts.budget import Budget
from headstart.core.contracts.duplicates import Fingerprint
from headstart.core.errors import DataError
from headstart.core.operating_system import usable_cores
from headstart.data.records import Opened

_ROWS = 64  # rows handed to a thread at once: fewer cost more in switching, more in memory
_BYTES = 8 << 20  # raw bytes that end a hand-over early


@dataclass(frozen=True, slots=True)
class Encoded:
    """One row: its example without the content, and what the modality made of it, or why it could not.

    `identity` is None where nobody asked for it, too.
    """

    example: contracts.Example
    columns: contracts.Columns | None
    identity: Fingerprint | None
    error: DataError | None


def encoded(
    modality: contracts.Modality, examples: Iterable[contracts.Example], budget: Budget, *, identified: bool = True
) -> Iterator[list[Encoded]]:
    """Read, identify (unless not `identified`) and encode every example, or the pieces of each where the modality cuts
    long ones; lists of rows in the order of the examples."""
    workers, encode = min(8, usable_cores()), partial(_encode_one, modality, budget, identified)
    waiting: deque[Future[list[Encoded]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for portion in _portions(_pieces(modality, examples, budget)):
                waiting.append(pool.submit(list, map(encode, portion)))
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _facts(example: contracts.Example) -> contracts.Example:
    return {name: value for name, value in example.items() if name != "input"}


def _pieces(
    modality: contracts.Modality, examples: Iterable[contracts.Example], budget: Budget
) -> Iterator[contracts.Example]:
    """Records, or the pieces of those that become several rows."""
    cut = modality.pieces
    for example in examples:
        if cut is None or isinstance(example["input"], DataError):
            yield example
        else:
            yield from cut.of(example, budget)


def _portions(examples: Iterable[contracts.Example]) -> Iterator[list[contracts.Example]]:
    portion: list[contracts.Example] = []
    size = 0
    for example in examples:
        portion.append(example)
        size += _size(example["input"])
        if len(portion) >= _ROWS or size >= _BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _size(value: Any) -> int:
    """Bytes a raw value holds already; a Blob holds none, for it is read by the thread that decodes it."""
    if isinstance(value, np.ndarray | Opened):
        return value.nbytes
    return len(value) if isinstance(value, bytes | str) else 0


def _identity(modality: contracts.Modality, read: contracts.Example, columns: contracts.Columns) -> Fingerprint:
    if modality.duplicates is not None:
        return modality.duplicates.fingerprint(read)
    digest = hashlib.blake2b(digest_size=16)
    for name, values in columns.items():
        digest.update(f"{name} {values.dtype.str} {values.shape}".encode())
        digest.update(np.ascontiguousarray(values).data)
    return Fingerprint(digest.digest())


def _encode_one(modality: contracts.Modality, budget: Budget, identified: bool, example: contracts.Example) -> Encoded:
    facts = _facts(example)
    try:
        if isinstance(example["input"], DataError):  # a table row that its source could not read
            raise example["input"]
        read = modality.read(example, budget)
        facts = _facts(read)  # with what was put right
        columns = modality.encode(read)
        return Encoded(facts, columns, _identity(modality, read, columns) if identified else None, None)
    except DataError as error:
        return Encoded(facts, None, None, error)
