"""How one long record becomes several rows."""

from collections.abc import Iterator
from typing import Protocol

from headstart.core.contracts.budget import Budget
from headstart.core.contracts.types import Example


class Pieces(Protocol):
    """What a modality knows of records that are longer than a row, such as recordings of an hour."""

    def of(self, example: Example, budget: Budget) -> Iterator[Example]:
        """The parts of a raw record that become rows, in order; `read` decodes no more than its part.

        Each has an origin of its own and "record", the origin of the whole: rows of one record are never divided
        between train and test. What stays with an answer ("kept") says which part it is of. A record that cannot be
        cut comes as it is, and its error is raised when it is read.
        """
        ...
