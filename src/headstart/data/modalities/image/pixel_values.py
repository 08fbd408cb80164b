"""Numbers and pictures of any type -> plain 8-bit pixels, [H, W] or [H, W, C]."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from headstart.core.errors import DataError
from headstart.data.modalities.image import channel_order

HIGHEST = 65535
_FIX = "replace the file or prepare with --skip-bad"
_NO_SHAPE = "an array of this shape is no image"
_SHAPES = "[height, width], [height, width, channels] or [channels, height, width]"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a picture is read for: its channels, and the white of whole numbers of more than 8 bits. None: not known."""

    channels: int | None = None
    white: int | None = None

    @property
    def ordinary(self) -> bool:
        """Is it grey or colours that are wanted, so that the rest of a file does not matter?"""
        return self.channels in (1, 3)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a header says of a picture. `deep`: its values may go beyond 255."""

    height: int
    width: int
    channels: int
    deep: bool = False


def coloured(image: Image.Image) -> bool:
    if image.mode in ("P", "PA"):
        palette = np.asarray(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)
        return bool((palette != palette[:, :1]).any())
    return image.mode not in ("1", "L", "LA", "La", "I", "F", "I;16", "I;16L", "I;16B", "I;16N")


def pixels(image: Image.Image, origin: str, wanted: Wanted = Wanted()) -> np.ndarray:
    """A decoded picture of any mode -> uint8 [H, W] or [H, W, 3]; four channels as they are where four are wanted."""
    if image.mode == "L" and "transparency" not in image.info:
        return np.asarray(image)
    if wanted.channels == 4 and len(image.getbands()) == 4:
        return np.asarray(image)
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return scaled(np.asarray(image), None, origin, wanted.white)
    colour = coloured(image)
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        over = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
    mode = "RGB" if colour else "L"
    return np.asarray(image if image.mode == mode else image.convert(mode))


def scaled(values: np.ndarray, limits: tuple[float, float] | None, origin: str, white: int | None = None) -> np.ndarray:
    """Numbers of another type -> uint8, by what their range says.

    Booleans are black and white; counts go up to `white` if it is known, those of 16 bits else to 65535. Others lie in
    [0, 1] or [0, 255], judged by `limits` (the range of the whole data set) or else by their own; beyond that a picture
    is stretched, an array refused.
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * 255
    if values.dtype.kind not in "iuf":
        raise DataError(106, "pixels must be numbers", where=origin, found=f"type {values.dtype}")
    if white is not None and values.dtype.kind in "iu" and values.min() >= 0:
        return _rounded(values, 255 / white)
    if values.dtype == np.uint16 and limits is None:
        return _rounded(values, 255 / HIGHEST)
    low, high = limits if limits is not None else (float(values.min()), float(values.max()))
    if not np.isfinite([low, high, high - low]).all() or (values.dtype.kind == "f" and not np.isfinite(values).all()):
        raise DataError(107, "pixels must be finite", where=origin, found="NaN or infinity", fix=_FIX)
    if low >= 0 and high <= 1 and values.dtype.kind == "f":
        return _rounded(values, 255.0)
    if low >= 0 and high <= 255:
        return _rounded(values, 1.0)
    if low >= 0 and high <= HIGHEST and values.dtype.kind in "iu":
        return _rounded(values, 255 / HIGHEST)
    if limits is not None:
        found, fix = f"values from {low:g} to {high:g}", "scale the array to [0, 1] or to 0..255"
        raise DataError(108, "cannot tell how to show these numbers as pixels", where=origin, found=found, fix=fix)
    span = high - low or 1.0  # of a picture of one value
    return _rounded((values.astype(np.float64) - low) / span, 255.0)


def _rounded(values: np.ndarray, factor: float) -> np.ndarray:
    return np.rint(np.asarray(values, np.float32) * np.float32(factor)).clip(0, 255).astype(np.uint8)


def from_array(values: Any, limits: tuple[float, float] | None, origin: str, wanted: Wanted = Wanted()) -> np.ndarray:
    """[H, W], [H, W, C] or [C, H, W] numbers -> uint8 [H, W] or [H, W, C]; the fourth of four may be transparency."""
    array = _as_picture(values, origin, wanted)
    made = scaled(array, limits, origin, wanted.white)
    if made.ndim == 3 and made.shape[2] == 1:
        return made[:, :, 0]
    blended = made.ndim == 3 and made.shape[2] == 4 and (wanted.ordinary or _seems_blended(array, wanted))
    return pixels(Image.fromarray(made, "RGBA"), origin) if blended else made


def seen_of(values: Any, wanted: Wanted) -> Seen:
    """What an array says of a picture; DataError if it is none."""
    array = _as_picture(values, "image", wanted)
    deep = array.dtype.kind in "iu" and array.dtype.itemsize > 1
    height, width, *channels = array.shape
    count = channels[0] if channels else 1
    return Seen(height, width, 3 if count == 4 and _seems_blended(array, wanted) else count, deep)


def _as_picture(values: Any, origin: str, wanted: Wanted) -> np.ndarray:
    """[H, W] or [H, W, C] of any numbers."""
    try:
        array = np.asarray(values)
    except ValueError as cause:  # rows of differing length
        raise DataError(109, _NO_SHAPE, where=origin, found="rows of differing length", expected=_SHAPES) from cause
    made = array if array.ndim == 2 else channel_order.arranged(array, wanted.channels) if array.ndim == 3 else None
    if made is None or 0 in made.shape:
        fix = "set modality.channels" if array.ndim == 3 else ""
        raise DataError(109, _NO_SHAPE, where=origin, found=list(array.shape), expected=_SHAPES, fix=fix)
    return made


def _seems_blended(array: np.ndarray, wanted: Wanted) -> bool:
    return wanted.channels is None and channel_order.is_transparency(array)


def with_channels(found: np.ndarray, channels: int, origin: str) -> np.ndarray:
    """A picture as `decode` gives it, with so many channels, [H, W, C]: grey and colours become each other."""
    there = found.shape[2] if found.ndim == 3 else 1
    if there != channels and {there, channels} != {1, 3}:
        fix = "give pictures with the same number of channels, or prepare with --skip-bad"
        raise DataError(128, "the picture has another number of channels than the set or the model", where=origin,
                        found=there, expected=channels, fix=fix)  # fmt: skip
    if there == 3 and channels == 1:
        found = np.asarray(Image.fromarray(found).convert("L"))
    made = found if found.ndim == 3 else found[:, :, None]
    return made if made.shape[2] == channels else np.repeat(made, channels, 2)
