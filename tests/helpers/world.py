"""What a world of the kits is: a kind of data, a modality that learned from it, rows as the store gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from headstart.core.contracts import Batch, Columns, Modality
from headstart.core.contracts.spec import Spec


@dataclass(frozen=True, slots=True)
class World:
    """64 rows of one kind of data with a class each, and, where they are sequences, 12 packed rows of them.

    `kind` is that of the modality. `batch` and `packed` are as the store gives them; `stored` is what was encoded of
    `batch`. `labels` are those of tasks that need others than classes.
    """

    kind: str
    modality: Modality
    batch: Batch
    classes: list[int]
    packed: Batch | None = None
    stored: Columns = field(default_factory=dict)
    labels: Mapping[str, list[Any]] = field(default_factory=dict)

    @property
    def spec(self) -> Spec:
        return self.modality.spec

    @property
    def labelled(self) -> Batch:
        """The rows with their classes as targets."""
        return {**self.batch, "y": torch.tensor(self.classes)}

    @property
    def ready(self) -> Batch:
        """The first four rows as `embed` takes them."""
        return self.modality.ready(some(self.batch, slice(0, 4)))


def some(batch: Batch, rows: slice | Sequence[int]) -> Batch:
    """Some rows of a batch."""
    return {name: values[rows] for name, values in batch.items()}
