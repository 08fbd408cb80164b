"""Whole series in stretches of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headstart.data.time_parts import OverTime, Timed

if TYPE_CHECKING:
    from headstart.core.contracts.types import Row


class Divided(OverTime):
    """How whole series are cut."""

    def timed(self, modality: Any, row: Row) -> Timed:
        names = modality.names or tuple(str(number) for number in range(1, modality.channels + 1))
        return Timed(names if modality.channels > 1 else ("",), modality.mean)
