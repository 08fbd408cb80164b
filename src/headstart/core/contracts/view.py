"""What people see of data that a network reads."""

from typing import Any, Protocol

from torch import Tensor

from headstart.core.contracts.look import Look


class View(Protocol):
    """Ready values of a modality, as people see them."""

    @property
    def note(self) -> str:
        """What `render` shows where that is not all: "the first three of 5 channels"; "" if it is."""
        ...

    def render(self, x: Tensor) -> list[Any]:
        """Ready values [B, ...] -> what people look at: Pillow images, or texts."""
        ...

    def contrast(self, inside: Tensor, outside: Tensor) -> Look:
        """What tells rows [n, ...] of a group from others [m, ...], ready values both: their mean picture, the words
        or columns in which they differ most."""
        ...

    def denormalise(self, x: Tensor) -> Tensor:
        """Ready values -> values as people see them, in [0, 1] where there is such a range."""
        ...
