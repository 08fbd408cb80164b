"""What an objective says of a batch."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Step:
    """What one batch says: a scalar loss to follow downhill, and scalars worth a curve."""

    loss: Tensor
    logs: dict[str, Tensor] = field(default_factory=dict)
