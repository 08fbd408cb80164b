"""How a network is built again, with its weights, for pictures of another size than those that it learned from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from headstart.core.contracts.spec import Spec


def _same_settings(settings: Mapping[str, Any], before: Spec, now: Spec) -> dict[str, Any]:
    return dict(settings)


def _same_weights(new: Any, old: Any) -> dict[str, Tensor]:
    return old.state_dict()


@dataclass(frozen=True, slots=True)
class Resize:
    """What a backbone does at another size of its input; without arguments neither settings nor weights change.

    settings  (settings, spec before, spec now) -> the settings at the new size: what "auto" meant stays
    weights   (new network, old network) -> the state of the old one as the new one takes it
    """

    settings: Callable[[Mapping[str, Any], Spec, Spec], dict[str, Any]] = _same_settings
    weights: Callable[[Any, Any], dict[str, Tensor]] = _same_weights
