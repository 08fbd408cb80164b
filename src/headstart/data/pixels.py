"""Image files and arrays of every odd kind -> plain 8-bit pixels, or an error that says what is wrong with the file."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from headstart.core.errors import DataError

MAX_PIXELS = 89_478_485  # Pillow's own warning level: a quarter of a gigabyte at 3 bytes a pixel
MAX_BYTES = 1 << 29  # bytes of a file: 89 million pixels of 16-bit colour, uncompressed
HEAD = 1 << 16  # bytes that nearly always hold the header
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "WEBP", "TIFF", "TGA", "PPM", "JPEG2000", "AVIF", "ICO", "MSP")
"""What is read; of a JPEG with several pictures (MPO) the first. Pillow knows more, some of which run other programs
(EPS) or are no pictures (HDF5, MPEG)."""

# What decoders raise on broken files, seen on fuzzed and truncated ones.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, OverflowError, RuntimeError,
          AttributeError, MemoryError, ZeroDivisionError, NotImplementedError, struct.error, zlib.error)  # fmt: skip

_ORIENTATION = 0x0112
_MARKS = (("PNG", 0, b"\x89PNG"), ("JPEG", 0, b"\xff\xd8"), ("GIF", 0, b"GIF8"), ("WEBP", 8, b"WEBP"),
          ("TIFF", 0, b"II*\0"), ("TIFF", 0, b"MM\0*"), ("AVIF", 4, b"ftypavif"), ("BMP", 0, b"BM"))  # fmt: skip
_FIX = "replace the file or pass --skip-bad"
_NO_SHAPE = "an array of this shape is no image"
_SHAPES = "[height, width] or [height, width, 1, 3 or 4 channels]"


def decode(data: bytes, origin: str) -> np.ndarray:
    """The pixels of an image file, uint8 [H, W] if it is grey, [H, W, 3] if it has colour; DataError if it is broken.

    The content decides, not the name. First frame of an animation, turned upright by its EXIF, transparency on white.
    """
    image = _open(data, origin)
    kind = image.format or "image"
    try:
        image.load()
        _check_size(image, origin)  # an icon's header does not tell how large the picture in it is
        upright = _upright(image)
        return pixels(upright, origin)
    except DataError:
        raise
    except Image.DecompressionBombError as cause:
        raise _bomb(origin, "more pixels than 178 million") from cause
    except BROKEN as cause:
        raise _broken(cause, data, kind, origin) from cause


def header(head: bytes) -> tuple[int, int, bool] | None:
    """Height, width and colour from the first bytes of an image file, upright; None if they do not tell."""
    Image.init()
    try:
        with Image.open(io.BytesIO(head), formats=FORMATS) as image:
            width, height = image.size
            if image.format != "TIFF" and image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8):
                width, height = height, width
            return height, width, _coloured(image)
    except (*BROKEN, Image.DecompressionBombError):
        return None


def shown(image: Image.Image, origin: str) -> np.ndarray:
    """The pixels of a picture that Pillow has opened, and perhaps not yet read; DataError if it is broken."""
    try:
        _check_size(image, origin)
        return pixels(image, origin)
    except DataError:
        raise
    except BROKEN as cause:
        raise _broken(cause, b"", image.format or "image", origin) from cause


def _open(data: bytes, origin: str) -> Image.Image:
    if len(data) > MAX_BYTES:
        raise _bomb(origin, f"more than {MAX_BYTES >> 20} MiB")
    if not data:
        raise DataError(102, "the image file is empty", where=origin, found="0 bytes", fix=_FIX)
    Image.init()  # else Pillow knows only the commonest of the formats it is asked for
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as cause:
        raise _bomb(origin, "more pixels than 178 million") from cause
    except UnidentifiedImageError as cause:
        if (kind := _begins_as(data)) is not None:  # the name of the format is there, and not enough behind it
            raise _broken(ValueError(f"{len(data)} bytes"), data, kind, origin) from cause
        start = data[:256].lstrip().lower()
        page = start.startswith((b"<!doctype html", b"<html", b"<head"))
        what = "this is a web page, not an image" if page else "not an image that can be read"
        raise DataError(104, what, where=origin, found=f"{len(data)} bytes, first {data[:8]!r}", fix=_FIX) from cause
    except BROKEN as cause:
        raise _broken(cause, data, "image", origin) from cause
    _check_size(image, origin)
    return image


def _begins_as(data: bytes) -> str | None:
    """The format that the first bytes name."""
    return next((kind for kind, place, mark in _MARKS if data[place : place + len(mark)] == mark), None)


def _check_size(image: Image.Image, origin: str) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise _bomb(origin, f"{image.width} x {image.height} pixels")
    if image.width * image.height == 0:
        found = f"{image.width} x {image.height} pixels"
        raise DataError(119, "the image has no pixels", where=origin, found=found, fix=_FIX)


def _bomb(origin: str, found: str) -> DataError:
    return DataError(103, "the image is too large", where=origin, found=found, expected="at most 89 million", fix=_FIX)


def _broken(cause: BaseException, data: bytes, kind: str, origin: str) -> DataError:
    text = " ".join(str(cause).split())
    if "truncated" in text.lower():
        end, found = f"{origin}@{len(data)}", f"the end after {len(data)} bytes"
        return DataError(101, "image is truncated", where=end, found=found, expected=f"a complete {kind}", fix=_FIX)
    return DataError(
        105, f"the {kind} is broken" if kind != "image" else "the image is broken", where=origin, found=text, fix=_FIX
    )


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except BROKEN:  # a broken EXIF block says nothing about the pixels, which have been read
        return image


def _coloured(image: Image.Image) -> bool:
    if image.mode in ("P", "PA"):
        palette = np.asarray(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)
        return bool((palette != palette[:, :1]).any())
    return image.mode not in ("1", "L", "LA", "La", "I", "F", "I;16", "I;16L", "I;16B", "I;16N")


def pixels(image: Image.Image, origin: str) -> np.ndarray:
    """A decoded picture of any mode -> uint8 [H, W] or [H, W, 3]."""
    if image.mode == "L" and "transparency" not in image.info:
        return np.asarray(image)
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return scaled(np.asarray(image), None, origin)
    colour = _coloured(image)
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        over = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
    return np.asarray(image.convert("RGB" if colour else "L"))


def scaled(values: np.ndarray, limits: tuple[float, float] | None, origin: str) -> np.ndarray:
    """Numbers of another type -> uint8, by what their range says.

    Booleans are black and white, 16-bit counts 0..65535. Others lie in [0, 1] or [0, 255], judged by `limits` (the
    range of the whole data set) or else by their own; beyond that a picture is stretched, an array refused.
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * 255
    if values.dtype == np.uint16 and limits is None:
        return _rounded(values, 1 / 257)
    if values.dtype.kind not in "iuf":
        raise DataError(106, "pixels must be numbers", where=origin, found=f"type {values.dtype}")
    low, high = limits if limits is not None else (float(values.min()), float(values.max()))
    if not np.isfinite([low, high]).all() or (values.dtype.kind == "f" and not np.isfinite(values).all()):
        raise DataError(107, "pixels must be finite", where=origin, found="NaN or infinity", fix=_FIX)
    if low >= 0 and high <= 1 and values.dtype.kind == "f":
        return _rounded(values, 255.0)
    if low >= 0 and high <= 255:
        return _rounded(values, 1.0)
    if low >= 0 and high <= 65535 and values.dtype.kind in "iu":
        return _rounded(values, 1 / 257)
    if limits is not None:
        found, fix = f"values from {low:g} to {high:g}", "scale the array to [0, 1] or to 0..255"
        raise DataError(108, "cannot tell how to show these numbers as pixels", where=origin, found=found, fix=fix)
    return _rounded(values.astype(np.float64) - low, 255.0 / (high - low))


def _rounded(values: np.ndarray, factor: float) -> np.ndarray:
    return np.rint(np.asarray(values, np.float32) * np.float32(factor)).clip(0, 255).astype(np.uint8)


def from_array(values: Any, limits: tuple[float, float] | None, origin: str) -> np.ndarray:
    """[H, W], [H, W, C] or [C, H, W] numbers with C of 1, 3 or 4 -> uint8 [H, W] or [H, W, 3]."""
    try:
        array = np.asarray(values)
    except ValueError as cause:  # rows of differing length
        raise DataError(109, _NO_SHAPE, where=origin, found="rows of differing length", expected=_SHAPES) from cause
    if array.ndim == 3 and array.shape[2] not in (1, 3, 4) and array.shape[0] in (1, 3, 4):
        array = array.transpose(1, 2, 0)  # [C, H, W] -> [H, W, C]
    if array.ndim not in (2, 3) or 0 in array.shape or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise DataError(109, _NO_SHAPE, where=origin, found=list(array.shape), expected=_SHAPES)
    made = scaled(array, limits, origin)
    if made.ndim == 3 and made.shape[2] == 1:
        return made[:, :, 0]
    return pixels(Image.fromarray(made, "RGBA"), origin) if made.ndim == 3 and made.shape[2] == 4 else made
