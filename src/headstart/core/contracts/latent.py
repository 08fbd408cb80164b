"""Rows as vectors from which they can be drawn again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor

if TYPE_CHECKING:
    from headstart.core.contracts.backbone import Backbone
    from headstart.core.contracts.types import Batch


@dataclass(frozen=True, slots=True)
class Latent:
    """The latent space of an objective. Each function takes the objective first.

    encode  (objective, backbone, ready batch) -> codes [B, L]
    decode  (objective, codes [B, L]) -> ready inputs [B, ...], which `modality.view.render` shows
    sample  (objective, keys [B]) -> codes of new rows [B, L], where codes have a known distribution; else None
    """

    encode: Callable[[Any, Backbone, Batch], Tensor]
    decode: Callable[[Any, Tensor], Tensor]
    sample: Callable[[Any, Tensor], Tensor] | None = None
