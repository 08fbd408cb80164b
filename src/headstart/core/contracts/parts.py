"""A row cut into parts that can be hidden: what an answer is explained by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from headstart.core.contracts.look import Look
    from headstart.core.contracts.types import Columns, Row


@dataclass(frozen=True, slots=True)
class Where:
    """Where a part lies in its row, for programs: `start` and `end` in letters, samples, steps or words, or a box in
    pixels; what does not apply is None."""

    start: int | None = None
    end: int | None = None
    box: tuple[int, int, int, int] | None = None

    def to_json(self) -> dict[str, object]:
        if self.box is not None:
            return {"box": list(self.box)}
        return {} if self.start is None else {"start": self.start, "end": self.end}


class Parts(ABC):
    """One row, cut into P parts: words, patches, cells, stretches of time.

    names   what people call each, [P]
    where   where each lies
    shape   how they lie beside each other, () if in no order: (16, 16) patches, (40,) words, (channels, stretches)
    spread  along how many of its last sides what belongs together may reach; a channel is not beside another one
    hidden  what stands in the place of a hidden part, in a few words: "the blurred picture"
    draws   rows that `rows` gives for each variant, whose answers are averaged
    """

    names: Sequence[str]
    where: Sequence[Where]
    shape: tuple[int, ...] = ()
    spread: int = 2
    hidden: str
    draws: int = 1

    @abstractmethod
    def rows(self, keep: np.ndarray) -> list[Columns]:
        """The row with some parts hidden: keep [M, P] bool -> M * draws stored rows, as the modality encodes them."""

    @abstractmethod
    def look(self, weights: np.ndarray) -> Look:
        """The row with the weight of each part drawn into it, [P] in -1 .. 1: above 0 speaks for the answer."""


class Divides(ABC):
    """How a modality cuts its rows. `units` are the kinds of parts that a user may ask for, the usual one first."""

    units: Sequence[str]

    @abstractmethod
    def cut(self, modality: Any, row: Row, unit: str, most: int) -> Parts:
        """One stored row of the fitted modality, which is its own, in parts, about `most` at most."""
