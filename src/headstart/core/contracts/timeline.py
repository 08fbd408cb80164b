"""How rows of a table are moments of longer records, each of which is stored once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from headstart.core.contracts.types import Example

MOMENT, STEPS = "moment", "steps"
"""Facts of an example: the time by which its row is in order, and how many moments the row stands for."""


class Timeline(Protocol):
    """What a modality knows of records that run on from row to row, such as measured series.

    A stored row is a stretch of a record. What is read of it reaches back over the rows before it and on over those
    behind it: `before` places, and `after` places from its own first one on.

    column  the stored column that runs on; every other one is of its row alone
    place   the stored column that says how many places of the record lie before the row; a row at 0 begins a record,
            and is only read as what lies before others
    whole   every record is one row, with its own label, and no row reaches over others: `--target` names the label
    edges   rows that reach beyond the ends of their record are rows, too: what is not there is NaN; else they only lie
            before others, or behind them
    unit    what a record is called where train, valid and test are made of whole records: in their order, or drawn at
            random with `--group` of that name; "" where every record is divided by time
    acting  columns of tables are observed or done: `--target` names those of actions
    around  columns of a batch that no network reads: what comes after a row, and how it was scaled
    tensors how the tensors of a batch are made of values, for who uses an exported model
    """

    before: int
    after: int
    column: str
    place: str
    whole: bool
    edges: bool
    unit: str
    acting: bool
    around: frozenset[str]
    tensors: str

    def records(self, rows: Iterable[Example], *, asked: bool) -> Iterator[Example]:
        """Rows of tables -> whole records, in order of time; `asked`: a model answers what comes after each."""
        ...


def of_moments(timeline: Timeline | None) -> bool:
    """Are rows moments of records, whose names and scales are learned?"""
    return timeline is not None and not timeline.whole
