"""The examples of a source that reads many rows at once: one by one, or by portions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING

from headstart.core.contracts.blocks import Block, Portion

if TYPE_CHECKING:
    from headstart.core.contracts import Example

_ROWS = 2_048  # rows of a portion of single ones


class Portioned:
    """Examples one by one. `portions` gives those that were not read yet by columns, where none of them is odd."""

    def __init__(self, portions: Iterator[Portion]) -> None:
        self.portions = portions
        self._rows = chain.from_iterable(map(rows_of, portions))

    def __iter__(self) -> Iterator[Example]:
        return self

    def __next__(self) -> Example:
        return next(self._rows)


def rows_of(portion: Portion) -> Iterator[Example]:
    """The rows of a portion one by one."""
    return portion.examples() if isinstance(portion, Block) else iter(portion)


def portions_of(examples: Iterator[Example]) -> Iterator[Portion]:
    """The rows of a source by portions."""
    if isinstance(examples, Portioned):
        yield from examples.portions
    while portion := list(islice(examples, _ROWS)):
        yield portion
