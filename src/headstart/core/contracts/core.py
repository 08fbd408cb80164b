"""The inner layers of a network, which read places of whatever kind of data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn


@dataclass(frozen=True, slots=True)
class Core:
    """Layers that can begin a network for another kind of data, whose first layers are then fresh.

    settings  names of the settings of the network that decide their shapes
    modules   network -> these layers, by name
    """

    settings: frozenset[str]
    modules: Callable[[Any], Mapping[str, nn.Module]]
