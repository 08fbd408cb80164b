"""Which rows a run learns from, which it only looks at, and what their labels become."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from headstart.core.contracts import Columns, Example, Modality, Task
from headstart.core.contracts.types import IGNORED
from headstart.core.errors import DataError
from headstart.data.storage.gather import filled, rows_of
from headstart.data.store import Store

_AT_ONCE = 20_000  # rows of which facts are held as Python's own values: half a kilobyte each
MOST_HELD = 2000  # valid rows that a run looks at while it learns, or settles by


@dataclass(frozen=True, slots=True)
class Only:
    """A part of the train rows, to which a run keeps: a fold.

    labelled  rows whose labels it may use, [n]
    hidden    train rows that it does not look at, [m]
    """

    labelled: np.ndarray
    hidden: np.ndarray


def labelled(store: Store, rows: np.ndarray) -> np.ndarray:
    """Those of the rows that carry a label."""
    return rows[[label is not None for label in store.labels_of(rows)]] if len(rows) else rows


def are_worded(store: Store, rows: np.ndarray) -> bool:
    """Did the rows come cut into words?"""
    vocabulary = store.modality.vocabulary
    return vocabulary is not None and vocabulary.has_words(store.feed(rows[:1]))


def words_of(store: Store, rows: np.ndarray, modality: Modality) -> list[Sequence[str]]:
    """The words of rows that came cut into words, as a model's modality reads them; () for each that did not."""
    if not len(rows) or modality.vocabulary is None or not are_worded(store, rows):
        return [()] * len(rows)
    return [row for row, _ in modality.vocabulary.words(store.take(rows))]


def known(task: Task, store: Store, rows: np.ndarray) -> np.ndarray:
    """Those of the rows whose label the task can say: it has met every part of it in its train rows."""

    def is_known(example: Example, row: int) -> bool:
        try:
            task.label(example, StoredRow(store, row))
        except DataError:
            return False
        return True

    return rows[[is_known(*one) for one in zip(store.examples_of(rows), rows.tolist(), strict=True)]]


def hold_out(store: Store, rows: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Cut a part off for looks at unseen data, by content hash, so that it is the same rows whatever the seed; whole
    records, where no record may be divided."""
    count = min(2000, int(len(rows) * share))
    if count < 20:
        return rows, rows[:0]
    hashes = store.wholes_of(rows)
    cut = set(sorted(hashes)[:count])
    held = np.array([one in cut for one in hashes])
    return (rows, rows[:0]) if held.all() else (rows[~held], rows[held])


def label_units(store: Store, rows: np.ndarray) -> np.ndarray:
    """Of which labelled thing each row [n] is a part, as `labels` are counted: numbers from 0 on, int64 [n]. A row by
    itself; or a whole record, where these are never divided: a demonstration is given whole, not step by step."""
    if not store.in_wholes:
        return np.arange(len(rows))
    number = dict[bytes, int]()
    return np.array([number.setdefault(one, len(number)) for one in store.wholes_of(rows)], np.int64)


def label_count(store: Store, rows: np.ndarray) -> int:
    """How many of these there are."""
    return int(label_units(store, rows).max(initial=-1)) + 1


def labels_there(task: type[Task], store: Store) -> int:
    """How many of them the train rows have that the task can learn from."""
    return label_count(store, usable(task, store, store.rows("train")))


def usable(task: type[Task], store: Store, rows: np.ndarray) -> np.ndarray:
    """Those of the rows that the task can learn from, and be scored on: with a label where it needs one."""
    return labelled(store, rows) if task.needs_labels else rows


def examples_of(task: Task, store: Store, rows: np.ndarray) -> list[Example]:
    """What is known of rows when answers to them are scored: the stored row too, where a task needs no label."""
    examples = store.examples_of(rows)
    if task.needs_labels:
        return examples
    return [{**example, "row": StoredRow(store, row)} for example, row in zip(examples, rows, strict=True)]


def spread(rows: np.ndarray) -> np.ndarray:
    """At most 2,000 of the rows, evenly from first to last: rows beside each other are often alike."""
    if len(rows) <= MOST_HELD:
        return rows
    return rows[np.linspace(0, len(rows) - 1, MOST_HELD).astype(int)]


def checking_rows(
    task: type[Task], store: Store, rows: np.ndarray, *, few: bool, closed_form: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Train rows and rows to choose the best weights by. With `--labels N` both come out of the N: no label is free.

    Without test rows the valid rows are scored, and what is scored chooses nothing.
    """
    if closed_form:
        return rows, rows[:0]
    if few:
        return (rows, rows[:0]) if len(rows) < 500 else hold_out(store, rows, 0.1)
    if "valid" in store.splits and "test" in store.splits and len(usable(task, store, store.rows("test"))):
        return rows, spread(usable(task, store, store.rows("valid")))
    return hold_out(store, rows, 0.05)


def unlabelled(store: Store, used: np.ndarray, count: int, seed: int) -> np.ndarray:
    """At most so many of the train rows that are not among those `used` or hidden, drawn at random."""
    if not count:
        return used[:0]
    others = np.setdiff1d(store.rows("train"), used)
    return np.sort(np.random.default_rng([seed, count]).permutation(others)[:count])


def unknown(column: np.ndarray, count: int) -> np.ndarray:
    """Targets [n, ...] of labelled rows, and IGNORED behind them for so many rows more."""
    return np.concatenate([column, np.full((count, *column.shape[1:]), IGNORED, column.dtype)])


class Examples(Protocol):
    """Rows of which a task can make targets: those of a store, or windows of them."""

    def take(self, rows: np.ndarray, /) -> Columns: ...
    def examples_of(self, rows: np.ndarray, /) -> list[Example]: ...


def targets(task: Task, store: Examples, rows: np.ndarray) -> Columns:
    """The training targets of rows, one array a column; shorter rows are filled up with IGNORED."""
    parts = [_targets(task, store, rows[start : start + _AT_ONCE]) for start in range(0, len(rows), _AT_ONCE)]
    return {name: joined([part[name] for part in parts]) for name in (parts[0] if parts else ())}


def _targets(task: Task, store: Examples, rows: np.ndarray) -> Columns:
    examples = zip(store.examples_of(rows), rows, strict=True)
    made = [task.label(example, StoredRow(store, row)) for example, row in examples]
    return {name: together([row[name] for row in made]) for name in made[0]}


def joined(parts: list[np.ndarray]) -> np.ndarray:
    """Targets of further rows behind each other, the shorter ones filled up with IGNORED."""
    if all(part.shape[1:] == parts[0].shape[1:] for part in parts):
        return parts[0] if len(parts) == 1 else np.concatenate(parts)
    return together([row for part in parts for row in part])


def together(rows: list[np.ndarray]) -> np.ndarray:
    """Rows of one shape stacked; rows of differing length [n, longest]."""
    if all(row.shape == rows[0].shape for row in rows):
        return np.stack(rows)
    return filled(np.concatenate(rows), np.cumsum([0, *map(len, rows)]), IGNORED)


class StoredRow(Mapping[str, np.ndarray]):
    """A stored row, which is read when it is looked at: most tasks take their targets from labels alone."""

    def __init__(self, store: Examples, number: int) -> None:
        self._store, self._number = store, number

    @cached_property
    def _columns(self) -> Columns:
        return next(rows_of(self._store.take(np.array([self._number]))))

    def __getitem__(self, name: str) -> np.ndarray:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)
