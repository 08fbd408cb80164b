"""What tasks do with twins: the other form of a row that means the same, such as the other strand of DNA."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from headstart.core.contracts import Augment, Backbone, Batch
from headstart.core.contracts.ranges import Weight
from headstart.core.contracts.sparse import SparseInputs
from headstart.training.inner_layers import row_vectors
from headstart.training.words.sparse_features import with_sparse

AGREE = 0.0
"""The weight of agreement where rows have twins and nobody says otherwise."""

Agree = Weight | Literal["auto"]


class Twins:
    """Twins of the rows of a task: whether they are read, and how much what is said of both has to agree.

    wanted  answer for the mean of a row and its twin
    layers  read the inner layers of the network too
    agree   weight of their agreement in training; 0 where rows have no twins
    manner  what a person should know of the answers, "" where rows have no twins
    """

    def __init__(
        self, augment: Augment, backbone: Backbone, sample: Batch, *, wanted: bool, agree: Agree,
        layers: bool = False,
    ) -> None:  # fmt: skip
        self._augment, self.layers = augment, layers
        # sparse features of rows that have twins are those of both
        there = backbone.width > 0 and augment.twin(sample) is not None
        self.agree = (AGREE if isinstance(agree, str) else agree) if there else 0.0
        name = augment.twin_name
        self.manner = f"answers are the mean over a row and its {name} (task.twins)" if there and wanted else ""

    def seen(self, backbone: Backbone, ready: Batch, sparse: SparseInputs | None, *, training: bool) -> Tensor:
        """What a head reads of ready rows, [B, F]; outside of training the mean over twins, where they are wanted.

        A linear head of the mean says the mean of what it says of both.
        """
        own = with_sparse(row_vectors(backbone, ready, layers=self.layers), sparse, ready)
        twin = self._augment.twin(ready) if self.manner and not training else None
        if twin is None:
            return own
        return (own + with_sparse(row_vectors(backbone, twin, layers=self.layers), sparse, twin)) / 2
