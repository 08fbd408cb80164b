"""Rows of a table that stay in memory from the first time they are read, as long as they are few."""

from __future__ import annotations

from collections.abc import Iterator

from headstart.core.contracts.blocks import Block, Portion

MOST_BYTES = 1 << 29
_FACT, _ROW = 72, 4_096  # bytes of a fact of a row, and of a row by itself


class Kept:
    """Portions of rows; of more than MOST_BYTES none stays."""

    def __init__(self) -> None:
        self._portions, self._bytes = list[Portion](), 0

    @property
    def are_all(self) -> bool:
        """Did all rows stay that were added?"""
        return self._bytes <= MOST_BYTES

    def add(self, portion: Portion) -> None:
        self._bytes += _size(portion)
        if self.are_all:
            self._portions.append(_anew(portion))
        else:
            self._portions.clear()

    def portions(self) -> Iterator[Portion]:
        """The rows, in their order."""
        return map(_anew, self._portions)


def _anew(portion: Portion) -> Portion:
    """The same without what was made of its cells, which takes ten times as much memory."""
    return Block(portion.cells, portion.facts) if isinstance(portion, Block) else portion


def _size(portion: Portion) -> int:
    if not isinstance(portion, Block):
        return _ROW * len(portion)
    return sum(column.nbytes for column in portion.cells.values()) + _FACT * len(portion.facts) * len(portion)
