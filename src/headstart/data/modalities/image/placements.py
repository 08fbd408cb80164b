"""Where the pixels of pictures lie in what is stored of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from headstart.core.contracts.placement import Placement


@dataclass(frozen=True, slots=True)
class PicturePlacements:
    """Pictures are stored at one size [height, width], stretched to it or cut to the centre that covers it.

    `like` gives the modality itself, but laying pictures into the stored size of another one as that does.
    """

    stored: tuple[int, int]
    stretched: bool
    like: Callable[[Any], Any]

    def of(self, original: tuple[int, int]) -> Placement:
        return (Placement.stretched if self.stretched else Placement.covering)(original, self.stored)
