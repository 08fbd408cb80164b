"""What the results of verbs have in common: they show themselves, and have `scores` and `warnings`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from headstart.core.overview import Overview


class Shown:
    """What shows its overview: in a notebook as HTML, elsewhere as a few lines."""

    __slots__ = ()

    def overview(self) -> Overview:
        """What a reader wants to know of it first."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.overview().text()

    def _repr_html_(self) -> str:
        return self.overview().html()


class Unscored:
    """A result without scores: every result of a verb has `scores` and `warnings`."""

    __slots__ = ()
    scores: ClassVar[Mapping[str, float]] = MappingProxyType({})


class Unwarned:
    """A result without warnings."""

    __slots__ = ()
    warnings: ClassVar[Sequence[str]] = ()
