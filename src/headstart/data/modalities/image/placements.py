"""Where the pixels of pictures lie in what is stored of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from headstart.core.placement import Placement

if TYPE_CHECKING:
    from headstart.core.contracts import Modality
    from headstart.data.modalities.image.image import Image


@dataclass(frozen=True, slots=True)
class PicturePlacements:
    """Pictures are stored at one size [height, width], stretched to it or cut to the centre that covers it."""

    image: Image
    stored: tuple[int, int]
    stretched: bool

    def of(self, original: tuple[int, int]) -> Placement:
        return (Placement.stretched if self.stretched else Placement.covering)(original, self.stored)

    def like(self, other: Modality) -> Image:
        assert isinstance(other, type(self.image))
        return self.image.like(other)
