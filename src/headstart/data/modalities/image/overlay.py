"""Boxes and borders of masks, drawn on pictures."""

import numpy as np
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
SAID: Colour = (255, 120, 0)  # orange and blue are told apart with every kind of colour vision
TRUE: Colour = (0, 160, 255)
BOTH: Colour = (255, 255, 255)
SIDE = 256  # pixels of the longer side of a picture that boxes are drawn on


def boxed(picture: Image.Image, *kinds: tuple[np.ndarray, Colour]) -> Image.Image:
    """A picture, enlarged, with boxes [M, 4] in its pixels, each kind in its colour; boxes below 0 are none."""
    factor = SIDE / max(picture.size)
    drawn = picture.convert("RGB").resize([max(1, round(side * factor)) for side in picture.size])
    pen = ImageDraw.Draw(drawn)
    for boxes, colour in kinds:
        for left, top, right, bottom in (boxes[boxes.min(1) > -100] * factor).tolist() if len(boxes) else ():
            pen.rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), outline=colour, width=2)
    return drawn


def bordered(picture: Image.Image, *kinds: tuple[np.ndarray, Colour]) -> Image.Image:
    """A picture with the borders of masks [H, W] of its size, each in its colour, white where several run."""
    pixels = np.array(picture.convert("RGB"))
    drawn = np.zeros(pixels.shape[:2], bool)
    for mask, colour in kinds:
        line = border(mask)
        pixels[line], pixels[line & drawn] = colour, BOTH
        drawn |= line
    return Image.fromarray(pixels)


def border(mask: np.ndarray) -> np.ndarray:
    """Pixels above 0 that touch another number, bool [H, W]."""
    line = np.zeros(mask.shape, bool)
    down, across = mask[1:] != mask[:-1], mask[:, 1:] != mask[:, :-1]
    line[1:] |= down
    line[:-1] |= down
    line[:, 1:] |= across
    line[:, :-1] |= across
    return line & (mask > 0)
