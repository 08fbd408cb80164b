"""A network that answers about rows from labelled rows kept beside its weights."""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np
from torch import Tensor

from headstart.core.contracts.types import Batch

Form = Literal["classes", "labels", "values"]
"""What targets are: class numbers [n], independent labels 0 and 1 [n, K], or numbers [n, K]."""


class InContext(Protocol):
    """What such a network says of itself, and how labelled rows come into it.

    outputs  numbers that its summary is made of: one a class or number, a single one for two classes, the log of how
             much more probable the second is
    rows     labelled rows that it keeps, at most
    """

    outputs: int
    rows: int

    def cells(self, batch: Batch) -> Tensor:
        """What it reads of ready rows, [B, cells]."""
        ...

    def keep(self, form: Form, cells: np.ndarray, targets: np.ndarray) -> None:
        """Keep rows [n, cells] with their targets, in place of those there were; n is at most `rows`."""
        ...
