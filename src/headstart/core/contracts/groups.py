"""Groups into which a task puts rows, and which have no names that anybody gave."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Membership:
    """The group of one row: its number, -1 for none; what it is called; and how far the row lies from its middle."""

    number: int
    name: str
    distance: float


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups that a task found: train rows of each, in the order of their numbers.

    answers  what the task answers to rows of which the vectors [n, F] are known, so that no network is asked
    curve    how well halves of the rows agree, by the number of groups, where that was asked
    """

    sizes: Sequence[int]
    answers: Callable[[Tensor], Sequence[Mapping[str, Any]]]
    curve: Sequence[tuple[int, float]] = ()
