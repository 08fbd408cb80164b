"""What tasks do with twins: the other form of a row that means the same, such as the other strand of DNA."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from headstart.core.contracts import Augment, Backbone, Batch
from headstart.core.contracts.ranges import Weight
from headstart.core.contracts.sparse import SparseInputs
from headstart.training.words.sparse_features import with_sparse

AGREE = 0.0
"""The weight of agreement where rows have twins and nobody says otherwise."""

Agree = Weight | Literal["auto"]


class Twins:
    """Twins of the rows of a task: whether they are read, and how much what is said of both has to agree.

    wanted  answer for the mean of a row and its twin
    agree   weight of their agreement in training; 0 where rows have no twins
    manner  what a person should know of the answers, "" where rows have no twins
    """

    def __init__(self, augment: Augment, backbone: Backbone, sample: Batch, *, wanted: bool, agree: Agree) -> None:
        self._augment = augment
        # sparse features of rows that have twins are those of both
        there = backbone.width > 0 and augment.twin(sample) is not None
        self.agree = (AGREE if isinstance(agree, str) else agree) if there else 0.0
        name = augment.twin_name
        self.manner = f"answers are the mean over a row and its {name} (task.twins)" if there and wanted else ""

    def seen(self, backbone: Backbone, ready: Batch, sparse: SparseInputs | None, *, training: bool) -> Tensor:
        """What a head reads of ready rows, [B, F]; outside of training the mean over twins, where they are wanted.

        A linear head of the mean says the mean of what it says of both.
        """
        own = with_sparse(backbone.summary(backbone(ready)), sparse, ready)
        twin = self._augment.twin(ready) if self.manner and not training else None
        return own if twin is None else (own + with_sparse(backbone.summary(backbone(twin)), sparse, twin)) / 2
