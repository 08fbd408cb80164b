"""A network whose weights also serve pictures of another size than those that it learned from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch import Tensor

    from headstart.core.contracts import Backbone
    from headstart.core.spec import Spec


@runtime_checkable
class Resizable(Protocol):
    """A backbone that can be built again, with its weights, for pictures of another size."""

    @classmethod
    def settings_at(cls, settings: Mapping[str, Any], learned: Spec, asked: Spec) -> dict[str, Any]:
        """The settings of the same network at another size: what "auto" meant at the old one stays.

        learned and asked are the specs of the modality, before and now.
        """
        ...

    def weights_from(self, other: Backbone) -> dict[str, Tensor]:
        """The state of the same network at another size, as this one takes it: positions lie where they lay."""
        ...


class AnySize:
    """What a network does at another size if neither its settings nor its weights know theirs."""

    @classmethod
    def settings_at(cls, settings: Mapping[str, Any], learned: Spec, asked: Spec) -> dict[str, Any]:
        return dict(settings)

    def weights_from(self, other: Backbone) -> dict[str, Tensor]:
        return other.state_dict()
