"""Windows of episodes in what each joint does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headstart.data.time_parts import CHANNELS, STRETCHES, OverTime, Timed

if TYPE_CHECKING:
    from headstart.core.contracts.types import Row


class Divided(OverTime):
    """How windows of episodes are cut."""

    units = (CHANNELS, STRETCHES)

    def timed(self, modality: Any, row: Row) -> Timed:
        form = modality.form
        names = (*form.observes, *form.acts) if modality.actions else form.observes
        return Timed(names, modality.scales.mean[: len(names)], modality.before + 1)
