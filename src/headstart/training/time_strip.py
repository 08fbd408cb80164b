"""Pictures of rows that run over time, with room below for what happens when."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

    from headstart.core.contracts.spec import Spec

WIDE, HIGH = 256, 80  # pixels; pages make wider pictures smaller, so that words could no longer be read


def with_room(picture: Image, below: int) -> Image:
    """The picture at a width of 256 and a height of 80 pixels, and so many white ones below it."""
    from PIL import Image as Pillow

    page = Pillow.new("RGB", (WIDE, HIGH + below), "white")
    page.paste(picture.convert("RGB").resize((WIDE, HIGH), Pillow.Resampling.BILINEAR))
    return page


def pixels_a_second(spec: Spec) -> float:
    """Of such a picture of a whole row; 0 where rows do not run over time."""
    if not spec.rate:
        return 0.0
    return WIDE * spec.rate / spec.sizes["width" if spec.layout == "grid" else "length"]
