"""A simple model that a network has to beat."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from headstart.core.contracts.modality import Modality
    from headstart.core.contracts.types import Columns


@dataclass(frozen=True, slots=True)
class Predictions:
    """One answer a row, and what the inner validation of the model chose."""

    answers: list[dict[str, Any]]
    chosen: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Baseline(ABC):
    """Learns from stored rows and their targets (`Task.label`, one array a column). `name` says what it is,
    and `blindly` what `blind` does."""

    name: ClassVar[str]
    blindly: ClassVar[str] = "the same answer to every row"

    task: Any  # the Task that names this class
    modality: Modality
    learned: Columns
    targets: Columns
    seed: int

    @abstractmethod
    def predict(self, asked: Columns, rows: int) -> Predictions:
        """Answers for so many stored rows."""

    @abstractmethod
    def blind(self, asked: Columns, rows: int) -> Predictions:
        """The same answer to every row, whatever it holds: the most frequent class, the mean."""

    def remark(self, headline: str, own: float, other: float) -> str:
        """Of one beside the task's baseline: what its score and that of the baseline say together; "" for nothing."""
        return ""
