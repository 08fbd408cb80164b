"""Pictures for a page: arrays to images, contact sheets, and PNG that travels inside the HTML."""

import base64
import io
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

CRISP = 64  # pictures below this side are shown pixel by pixel; larger ones are smoothed
STORED = 256  # larger pictures are shrunk to this side before they are stored in a page


def shown(image: Image.Image) -> Image.Image:
    """A picture as a browser can show it: grey, RGB or RGBA; 16-bit, 32-bit and float ones stretched to their range."""
    if image.mode in ("L", "RGB", "RGBA"):
        return image
    if image.mode == "F" or image.mode.startswith("I"):
        values = np.asarray(image, dtype=np.float64)  # [H, W]
        finite = np.isfinite(values)
        low = values[finite].min() if finite.any() else 0.0
        spread = (values[finite].max() - low if finite.any() else 0.0) or 1.0
        levels = np.where(finite, (np.where(finite, values, low) - low) / spread, 0.0)
        return Image.fromarray((levels * 255).round().astype(np.uint8))
    return image.convert("RGBA" if "A" in image.mode or "transparency" in image.info else "RGB")


def shrunk(image: Image.Image, *, side: int = STORED) -> Image.Image:
    """At most `side` pixels on the longer side; smaller pictures stay as they are."""
    longest = max(image.size)
    if longest <= side:
        return image
    width, height = (max(1, round(edge * side / longest)) for edge in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def zoom(image: Image.Image, *, target: int = 72) -> int:
    """Whole-number enlargement that brings a picture's longer side near `target` pixels on the page."""
    return max(1, round(target / max(image.size)))


def enlarged(images: Sequence[Image.Image]) -> tuple[list[Image.Image], int]:
    """The same pictures, pixel by pixel, each side times the whole number that lets a person see them; and it."""
    factor = min((zoom(image) for image in images), default=1)
    sizes = [(image.width * factor, image.height * factor) for image in images]
    return [image.resize(size, Image.Resampling.NEAREST) for image, size in zip(images, sizes, strict=True)], factor


def contact_sheet(images: Sequence[Image.Image], *, columns: int = 0, gap: int = 2) -> Image.Image:
    """Many pictures in one, row by row in cells as large as the largest; `columns` 0 makes the sheet about square."""
    assert images, "a contact sheet needs at least one picture"
    across = columns or math.ceil(math.sqrt(len(images)))
    down = math.ceil(len(images) / across)
    ready = [shown(image) for image in images]
    mode = "L" if all(image.mode == "L" for image in ready) else "RGB"
    wide, high = max(image.width for image in ready), max(image.height for image in ready)
    size = (across * (wide + gap) + gap, down * (high + gap) + gap)
    sheet = Image.new(mode, size, "white")
    for place, image in enumerate(ready):
        row, column = divmod(place, across)
        corner = (gap + column * (wide + gap), gap + row * (high + gap))
        sheet.paste(image, corner, image if image.mode == "RGBA" else None)
    return sheet


def png_bytes(image: Image.Image) -> bytes:
    """The picture as a PNG file."""
    buffer = io.BytesIO()
    shown(image).save(buffer, "PNG")
    return buffer.getvalue()


def data_uri(image: Image.Image) -> str:
    """The picture as an address that needs no file beside the page."""
    return "data:image/png;base64," + base64.b64encode(png_bytes(shrunk(shown(image)))).decode("ascii")
