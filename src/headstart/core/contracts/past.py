"""How a row of a table sees rows before it."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from headstart.core.contracts.types import Example


class Past(Protocol):
    """What a modality reads of rows that came before a row, in the order in which they were given."""

    def rows(self, examples: Iterable[Example]) -> Iterator[Example]:
        """The same examples, each with what it sees of those before it. Their labels are not among it."""
        ...
