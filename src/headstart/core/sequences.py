"""What a modality of sequences can do beside the contract: be packed, be cut into words, be written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from headstart.core.contracts import Columns, Example


@runtime_checkable
class Packable(Protocol):
    """A modality whose rows are sequences that may be laid one behind the other and cut anywhere.

    `length` is the number of places of a packed row, and the most that a row of its own keeps; `marks` are the ids that
    are no content (padding, begin, end, mask).
    """

    length: int

    @property
    def marks(self) -> Sequence[int]: ...

    def places(self, stored: np.ndarray) -> np.ndarray:
        """Places that whole rows take, marks at their ends included, from the stored lengths of x [n] -> [n]."""
        ...

    def joined(self, columns: Columns) -> Columns:
        """Rows one behind the other, whole and with their marks: {"x": [sum of places], "part": number of the row}."""
        ...

    def sizes(self) -> np.ndarray:
        """Bytes of raw data that every id stands for, float32 [V]; 0 for marks."""
        ...

    def begins(self) -> np.ndarray:
        """Which ids begin a word, bool [V]; the others go on with the one before. DataError where ids do not say it."""
        ...


@runtime_checkable
class Worded(Protocol):
    """A modality whose rows may come cut into words, so that each word can get an answer of its own.

    Batches of such rows hold, besides x, `begin` [B, W], the place of each word's first piece, and `mark` [B, P], the
    numbers of the words that are asked about; both are filled up with -1. Such rows are collated whole; `ready` cuts x
    and keep to `length` and then holds them as `whole` and `there` [B, longest], too.
    """

    length: int

    def words(self, columns: Columns) -> Iterator[tuple[Sequence[str], Sequence[int]]]:
        """The words of stored rows, and the numbers of those that are asked about."""
        ...

    def spelled(self, ids: Sequence[int]) -> str:
        """What ids say, without marks."""
        ...

    def cut(self, example: Example) -> Example:
        """A raw record whose text is cut into words, where nobody has cut it."""
        ...


@runtime_checkable
class Writable(Protocol):
    """A modality whose ids can be written one by one: of its `marks`, a writer writes only `end`, which ends a text."""

    @property
    def marks(self) -> Sequence[int]: ...
    @property
    def end(self) -> int | None: ...
    @property
    def between(self) -> Sequence[int]:
        """What stands between the parts of a text."""
        ...

    def begun(self, text: str) -> list[int]:
        """The ids of a text that goes on: its mark in front, none behind."""
        ...

    def spelled(self, ids: Sequence[int]) -> str:
        """What ids say, without marks; a letter of which bytes are missing is U+FFFD."""
        ...
