"""Whether rows have enough moments for their transcripts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from headstart.core.contracts import Augment, Backbone, Batch, Row
from headstart.core.errors import DataError
from headstart.data.storage.gather import MemoryRows
from headstart.models.nn.sizes import trying
from headstart.models.nn.time_axis import over_time


class Moments:
    """How many moments rows have, asked of as few rows as need it: those no shorter than one that has enough do."""

    def __init__(self, augment: Augment, count: Callable[[Batch], int]) -> None:
        self._augment, self._count = augment, count
        self._known: list[tuple[int, int]] = []

    def check(self, row: Row, needed: int, where: str) -> None:
        """DataError for a row with fewer moments than its transcript needs."""
        modality = self._augment.modality
        length = max(value.shape[-1] if value.ndim else 1 for value in row.values())
        if any(size <= length and moments >= needed for size, moments in self._known):
            return
        batch = modality.collate(MemoryRows(modality, [dict(row)]).feed(np.arange(1)))
        moments = self._count(modality.ready(batch))
        self._known.append((length, moments))
        if moments < needed:
            fix = "use a network that shrinks time less, e.g. backbone.channels=[32,64], or drop the row"
            raise DataError(
                509, "the transcript is longer than the recording has room for", where=where,
                found=f"{needed} letters in {moments} moments", expected="at least a moment a letter", fix=fix,
            )  # fmt: skip


def moments_of(backbone: Backbone, ready: Batch) -> int:
    """How many moments the rows of a ready batch have together."""
    device = next(iter(backbone.parameters())).device
    there = {name: tensor.to(device) for name, tensor in ready.items()}
    with trying(backbone):
        return int(over_time(backbone(there), there)[1].sum())
