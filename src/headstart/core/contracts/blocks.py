"""Many rows of a table at once, by columns: what examples say one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

    from headstart.core.contracts.types import Columns, Example

Arrow: TypeAlias = "pa.Array[Any]"
"""A column of many rows: cells [n], some of which may be missing."""

MAYBE = frozenset(("label", "split", "part"))
"""Facts that a row without them (None) does not have."""


@dataclass(frozen=True)
class Block:
    """Rows of a table, none of which is odd.

    cells  of each column that is a cell of the rows, an Arrow array [n] each
    facts  what else is known of the rows by the name that an example has for it, lists of n; a row whose label, split
           or part is None has none
    """

    cells: Mapping[str, Arrow]
    facts: Mapping[str, Sequence[Any]]

    def __len__(self) -> int:
        return len(self.facts["origin"])

    @cached_property
    def values(self) -> Mapping[str, list[Any]]:
        """The cells as Python's own values."""
        return {name: column.to_pylist() for name, column in self.cells.items()}

    def facts_of_rows(self) -> Iterator[dict[str, Any]]:
        """The facts of each row."""
        names = tuple(self.facts)
        for row in zip(*self.facts.values(), strict=True):
            yield {name: one for name, one in zip(names, row, strict=True) if one is not None or name not in MAYBE}

    def examples(self) -> Iterator[Example]:
        """The same rows one by one."""
        names = tuple(self.values)
        for facts, row in zip(self.facts_of_rows(), zip(*self.values.values(), strict=True), strict=True):
            yield {**facts, "input": dict(zip(names, row, strict=True))}


Portion: TypeAlias = "Block | Sequence[Example]"
"""Rows that follow each other: by columns where none is odd, else one by one."""


@dataclass(frozen=True, slots=True)
class ReadBlock:
    """What a modality made of a block of n rows.

    columns   as they are stored, first axis the row
    exact     16 bytes of each row, equal for equal content, as `Duplicates.fingerprint` gives them
    apart     cells that are kept beside those that models see, n of each column
    repaired  what was put right, of the rows of these numbers
    """

    columns: Columns
    exact: bytes
    apart: Mapping[str, Sequence[Any] | np.ndarray]
    repaired: Mapping[int, Mapping[str, int | str]]


class ByColumn(Protocol):
    """How a modality learns from and reads the rows of a table by columns; the results are those of single rows."""

    def fit_portions(self, portions: Iterable[Portion]) -> None:
        """As `Modality.fit`."""
        ...

    def read_block(self, block: Block) -> ReadBlock | None:
        """As `read` and `encode` of every row; None where rows have to be read one by one."""
        ...
