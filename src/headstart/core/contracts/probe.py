"""A linear model as the head of a task."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

    from headstart.core.contracts.modality import Modality
    from headstart.core.contracts.types import Columns, Plain


@dataclass(frozen=True, slots=True)
class LinearFit:
    """outputs = features @ weight + bias. weight [F, K], bias [K]; `chosen` says what the inner validation picked.

    `missed` is the loss on rows that were held out in choosing, by which fits to the same rows compare; NaN where none
    were.
    """

    weight: np.ndarray
    bias: np.ndarray
    chosen: Mapping[str, float]
    missed: float = field(default=math.nan, kw_only=True)


@dataclass(frozen=True, eq=False)
class LinearProbe(ABC):
    """Fits the head of a task in closed form, on features [n, F] that are computed once, one row a decision.

    Most tasks make one decision a row. Those that make more (one a word) say how many, and which features and answers
    a linear baseline on the raw input has.
    """

    task: Any  # the Task that names this class

    @property
    def form(self) -> Literal["classes", "labels", "values"] | None:
        """What trees would learn of targets: class numbers [n], labels 0 and 1 [n, K], numbers [n, K]; or None."""
        return None

    def weights(self, targets: np.ndarray) -> np.ndarray | None:
        """What each of these targets [n, ...] counts; None: all alike."""
        return None

    @abstractmethod
    def fit(self, features: Plain, targets: np.ndarray, *, solver: str, seed: int) -> LinearFit:
        """A linear model for features [n, F] and targets [n, ...]; its penalty is chosen inside these rows."""

    def check(self) -> None:  # noqa: B027 - of most tasks the head is always linear
        """Before anything is learned: RecipeError if the head is not linear."""

    @abstractmethod
    def load(self, fit: LinearFit) -> None:
        """Put the fitted weights into the head; RecipeError if the head is not linear."""

    def read(self) -> LinearFit | None:
        """The linear model that the head is now; None if it is none, or what the network gives cannot be told."""
        return None

    @abstractmethod
    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        """Outputs of a linear model [n, K] -> answers, as `predict` gives them."""

    def features(self, modality: Modality, learned: Columns, asked: Columns) -> tuple[Plain, Plain]:
        """What a linear baseline sees of stored rows, one row a decision."""
        return modality.baseline_features(learned, asked)

    def decisions(self, modality: Modality, learned: Columns, targets: Columns) -> np.ndarray:
        """The targets of stored rows (`Task.label`, one array a column) -> one a decision, [n, ...]."""
        return targets["y"]

    def count(self, modality: Modality, asked: Columns, rows: int) -> int:
        """How many decisions so many stored rows ask for."""
        return rows

    def regroup(self, outputs: Tensor, modality: Modality, asked: Columns) -> list[dict[str, Any]]:
        """Outputs of a linear model, one row a decision -> one answer a row."""
        return self.decode(outputs)
