"""Inputs of any number, a block at a time: the rows that can be answered, and why the others cannot."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.core.contracts import Columns, Example, Modality
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.preparing.decoding import encoded
from headstart.data.preparing.repairs import Repairs
from headstart.data.storage.gather import MemoryRows
from headstart.data.store import Store

ROWS = 4096  # rows read, and sorted by length, together
BYTES = 64 << 20  # of encoded rows that end a block early
PLACES = 4096  # places of a batch, padding included; measured in docs/results.md
OWN = ("origin", "error", "label")  # what answers call their own fields, beside those of the task
STRICT = "correct the row, or leave --strict out: its answer is then this error"


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of an input, in order.

    origins  where each comes from
    kept     columns of its table that stay with its answer
    errors   by place among them: why a row cannot be read
    wholes   the text that each sound row was cut from, where this program has cut it into words
    store, rows  the sound ones, in order
    """

    origins: Sequence[str]
    kept: Sequence[Mapping[str, Any]]
    errors: Mapping[int, DataError]
    store: Store | MemoryRows
    rows: np.ndarray
    wholes: Sequence[str | None]

    @property
    def sound(self) -> list[int]:
        """Places of the rows that can be answered."""
        return [place for place in range(len(self.origins)) if place not in self.errors]

    def together(self, answers: Iterable[Mapping[str, Any]], names: Collection[str]) -> Iterator[dict[str, Any]]:
        """What was kept of each row, then its answer or its error. A kept column with one of the `names` that answers
        use is called "given.NAME"."""
        waiting = iter(answers)
        for place, kept in enumerate(self.kept):
            own = {f"given.{name}" if name in names else name: value for name, value in kept.items()}
            error = self.errors.get(place)
            yield {**own, **({"error": told(error)} if error is not None else next(waiting))}


def told(error: DataError) -> str:
    """An error as an answer: without advice that is for other verbs."""
    return error.advised("").line()


def blocks_of(
    modality: Modality, examples: Iterable[Example], preprocess: Callable[[Example], Example], *, strict: bool,
    repairs: Repairs | None = None,
) -> Iterator[Block]:  # fmt: skip
    """Raw records, read and encoded on several threads; where `strict`, the first that cannot be read is raised. What
    was put right in them is added to the `repairs`."""
    origins: list[str] = []
    kept: list[Mapping[str, Any]] = []
    errors: dict[int, DataError] = {}
    rows: list[Columns] = []
    wholes: list[str | None] = []
    size = 0
    for portion in encoded(modality, _preprocessed(examples, preprocess), Budget(), identified=False):
        for one in portion:
            if one.error is not None and strict:
                raise one.error.advised(STRICT) from one.error
            if one.columns is None:
                assert one.error is not None
                errors[len(origins)] = one.error
            else:
                rows.append(one.columns)
                wholes.append(one.example.get("whole"))
                size += sum(column.nbytes for column in one.columns.values())
            origins.append(str(one.example.get("origin", "")))
            kept.append(one.example.get("kept", {}))
            if repairs is not None:
                repairs.add(one.example.get("repaired", {}), origins[-1])
        if len(origins) >= ROWS or size >= BYTES:
            yield Block(origins, kept, errors, MemoryRows(modality, rows), np.arange(len(rows)), wholes)
            origins, kept, errors, rows, wholes, size = [], [], {}, [], [], 0
    if origins:
        yield Block(origins, kept, errors, MemoryRows(modality, rows), np.arange(len(rows)), wholes)


def blocks_of_store(store: Store) -> Iterator[Block]:
    """Prepared rows, split after split."""
    rows = np.concatenate([store.rows(split) for split in store.splits])
    for start in range(0, len(rows), ROWS):
        chunk = rows[start : start + ROWS]
        yield Block(store.origins_of(chunk), [{}] * len(chunk), {}, store, chunk, [None] * len(chunk))


def _preprocessed(examples: Iterable[Example], preprocess: Callable[[Example], Example]) -> Iterator[Example]:
    for example in examples:
        if isinstance(example["input"], DataError):
            yield example
            continue
        try:
            yield preprocess(example)
        except DataError as error:
            yield {**example, "input": error}


def budgeted(lengths: np.ndarray | None, count: int, rows: int, places: int = PLACES) -> Iterator[np.ndarray]:
    """Numbers 0 .. count - 1 in batches of at most `rows`; where lengths [count] are known, the shortest first and
    batches whose rows, padded to the longest, fill no more than `places` (a longer row comes alone)."""
    if lengths is None:
        yield from (np.arange(start, min(start + rows, count)) for start in range(0, count, rows))
        return
    order = np.argsort(lengths, kind="stable")
    start = 0
    while start < count:
        ahead = lengths[order[start : start + rows]] * np.arange(1, len(order[start : start + rows]) + 1)
        fits = max(1, int(np.searchsorted(ahead, places, "right")))  # `ahead` ascends
        yield order[start : start + fits]
        start += fits
