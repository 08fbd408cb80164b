"""What is asked to explain an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

from headstart.core.contracts import Batch, Example, Modality, Task
from headstart.core.contracts.answer import Aspect
from headstart.core.contracts.parts import Parts
from headstart.data.reading.roles import Ask
from headstart.data.storage.gather import MemoryRows
from headstart.data.store import Store
from headstart.inference.blocks import Block
from headstart.training.loop import Trainee


class Answering(Protocol):
    """A `Predictor`."""

    modality: Modality
    trainee: Trainee

    @property
    def task(self) -> Task: ...

    def blocks(
        self, inputs: Any, ask: Ask, preprocess: Callable[[Example], Example], *, strict: bool = False
    ) -> Iterator[Block]: ...

    def answers(self, store: Store | MemoryRows, rows: np.ndarray) -> list[dict[str, Any]]: ...

    def batch(self, store: Store | MemoryRows, rows: np.ndarray) -> Batch: ...

    def with_trainee(self, trainee: Trainee) -> Answering: ...


class Variants(Protocol):
    """An answer about a row of P parts: an `Asked`."""

    predictor: Answering
    parts: Parts
    aspect: Aspect

    @property
    def count(self) -> int: ...

    def batch(self, keep: np.ndarray) -> Batch: ...
