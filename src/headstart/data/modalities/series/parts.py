"""Windows of series in stretches of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headstart.data.time_parts import OverTime, Timed

if TYPE_CHECKING:
    from headstart.core.contracts.types import Row


class Divided(OverTime):
    """How windows of series are cut."""

    def timed(self, modality: Any, row: Row) -> Timed:
        number = min(int(row["series"]), len(modality.names))
        names = ("", *modality.beside) if modality.beside else ("",)
        return Timed(names, modality.scales.mean[number][: len(names)], modality.before + modality.form.lead)
