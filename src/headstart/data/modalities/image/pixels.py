"""Image files and arrays of every odd kind -> plain 8-bit pixels, or an error that says what is wrong with the file."""

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from headstart.core.errors import DataError
from headstart.data.modalities.image import channel_order, heif, tiff
from headstart.data.modalities.image.pixel_values import Seen, Wanted, coloured, from_array, pixels, scaled, seen_of

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
_FIX = "replace the file or prepare with --skip-bad"
DEEP = ("I", "I;16", "I;16L", "I;16B", "I;16N")


def decode(data: bytes, origin: str, wanted: Wanted = Wanted()) -> np.ndarray:
    """The pixels of an image file, uint8 [H, W] if it is grey, [H, W, 3] if it has colour, else [H, W, C]. DataError if
    it is broken.

    The content decides, not the name. First frame of an animation, turned upright by its EXIF, transparency on white.
    Bands, or grey pages of a TIFF, and arrays in .npy files may be any number of channels.
    """
    with _explained(data, "array" if data.startswith(channel_order.NPY) else "TIFF", origin):
        array = channel_order.array_of(data)
        channels = tiff.bands(data, origin) if _channels_in(data, wanted) is not None else None
    if channels is not None:
        return scaled(channels, None, origin, wanted.white)
    if array is not None:
        return from_array(array, None, origin, wanted)
    image = _open(data, origin)
    with _explained(data, image.format or "image", origin):
        image.load()
        _check_size(image, origin)  # an icon's header does not tell how large the picture in it is
        return pixels(_upright(image), origin, wanted)


@contextmanager
def _explained(data: bytes, kind: str, origin: str) -> Iterator[None]:
    """Whatever a decoder raises on a broken file, as the DataError that says what is wrong with it."""
    try:
        yield
    except Image.DecompressionBombError as cause:
        raise _bomb(origin, "more pixels than 178 million") from cause
    except BROKEN as cause:
        raise _broken(cause, data, kind, origin) from cause


def header(head: bytes, wanted: Wanted = Wanted()) -> Seen | None:
    """What the first bytes of an image file say of it, upright; None if they do not tell."""
    Image.init()
    try:
        array = channel_order.array_of(head)
        if array is not None:
            return seen_of(array, wanted)
        channels, first = _channels_in(head, wanted), tiff.first_page(head)
        if channels is not None and first is not None:
            return Seen(first.height, first.width, channels, first.deep)
        with heif.opened(head, "") if heif.is_heif(head) else Image.open(io.BytesIO(head), formats=FORMATS) as image:
            width, height = image.size
            if image.format != "TIFF" and image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8):
                width, height = height, width
            return Seen(height, width, 3 if coloured(image) else 1, image.mode in DEEP)
    except (*BROKEN, DataError, Image.DecompressionBombError):
        return None


def _channels_in(data: bytes, wanted: Wanted) -> int | None:
    """How many bands or pages of a TIFF file are to be read as channels; None where Pillow reads what is wanted."""
    first = tiff.first_page(data)
    if first is None or (wanted.ordinary and first.banded and not first.grey and first.samples == 4):
        return None  # three colours, and whatever is behind them
    channels = None if wanted.channels == 1 and not first.banded else tiff.count(data)
    return channels if first.banded or not wanted.ordinary or channels == wanted.channels else None


def highest(value: Any) -> int:
    """The highest number in a deep picture, 0 if it is broken."""
    try:
        if isinstance(value, bytes | bytearray | memoryview):
            data = bytes(value)
            value = channel_order.array_of(data)
            if value is None:
                many = tiff.count(data) is not None
                value = tiff.bands(data, "image") if many else Image.open(io.BytesIO(data), formats=FORMATS)
        found = np.asarray(value)
        return int(found.max()) if found.dtype.kind in "iu" else 0
    except (*BROKEN, DataError, Image.DecompressionBombError):
        return 0


def shown(image: Image.Image, origin: str, wanted: Wanted = Wanted()) -> np.ndarray:
    """The pixels of a picture that Pillow has opened, and perhaps not yet read; DataError if it is broken."""
    with _explained(b"", image.format or "image", origin):
        _check_size(image, origin)
        return pixels(image, origin, wanted)


def _open(data: bytes, origin: str) -> Image.Image:
    if len(data) > MAX_BYTES:
        raise _bomb(origin, f"more than {MAX_BYTES >> 20} MiB")
    if not data:
        raise DataError(102, "the image file is empty", where=origin, found="0 bytes", fix=_FIX)
    Image.init()  # else Pillow knows only the commonest of the formats it is asked for
    with _explained(data, "image", origin):
        try:
            image = heif.opened(data, origin) if heif.is_heif(data) else Image.open(io.BytesIO(data), formats=FORMATS)
        except UnidentifiedImageError as cause:
            kind = next((kind for kind, place, mark in _MARKS if data[place : place + len(mark)] == mark), None)
            if kind is not None:  # the name of the format is there, and not enough behind it
                raise _broken(ValueError(f"{len(data)} bytes"), data, kind, origin) from cause
            start = data[:256].lstrip().lower()
            page = start.startswith((b"<!doctype html", b"<html", b"<head"))
            what = "this is a web page, not an image" if page else "not an image that can be read"
            first = f"{len(data)} bytes, first {data[:8]!r}"
            raise DataError(104, what, where=origin, found=first, fix=_FIX) from cause
    _check_size(image, origin)
    return image


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
    return DataError(105, f"the {kind} is broken", where=origin, found=text, fix=_FIX)


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except BROKEN:  # a broken EXIF block says nothing about the pixels, which have been read
        return image
