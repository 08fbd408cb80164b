"""The contract of an objective that takes no steps."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from headstart.core.contracts.backbone import Backbone
from headstart.core.contracts.objective import Objective
from headstart.core.contracts.step import Step
from headstart.core.contracts.types import Batch


class Solved(Objective):
    """An objective that is not stepped but solved over batches in one go: PCA, k-means."""

    solved: ClassVar[bool] = True

    @abstractmethod
    def solve(self, backbone: Backbone, batches: Iterable[Batch]) -> Step:
        """Set the weights of backbone and objective from one pass over the batches."""
