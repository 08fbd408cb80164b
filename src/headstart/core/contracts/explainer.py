"""The contract of a way to explain an answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

    from headstart.core.contracts.parts import Parts


class Question(Protocol):
    """One number that a model answers about a row of P parts, asked again as often as one likes.

    full, empty  the number for the row as it is, and with every part hidden
    """

    @property
    def parts(self) -> Parts: ...

    @property
    def count(self) -> int:
        """P"""
        ...

    @property
    def full(self) -> float: ...
    @property
    def empty(self) -> float: ...

    def values(self, keep: np.ndarray) -> np.ndarray:
        """The number of each variant, keep [M, P] bool -> float64 [M]."""
        ...

    def slopes(self) -> Slopes | None:
        """What networks alone know: how the number changes with what they read. None where there is no slope."""
        ...


class Slopes(Protocol):
    """Slopes of the number at places on the way from the hidden row to the row."""

    @property
    def moves(self) -> Tensor:
        """What hiding each part changes in what the network reads, [P, N, D]."""
        ...

    def mean(self, steps: int) -> Tensor:
        """The mean slope over so many places of the way, [N, D]; of one place, that of the row itself."""
        ...


class Explainer(ABC):
    """Says how far each part of a row speaks for an answer.

    complete  its weights sum to what all parts together say: `full - empty`
    """

    complete: bool = False

    @abstractmethod
    def weights(self, question: Question, rng: np.random.Generator) -> np.ndarray | None:
        """float64 [P], above 0 for what speaks for the answer; None where it cannot explain this one."""
