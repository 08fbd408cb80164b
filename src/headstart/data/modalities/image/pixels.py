"""Image files and arrays of every odd kind -> plain 8-bit pixels, or an error that says what is wrong with the file."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.modalities.image import channel_order
from headstart.data.modalities.image.pixel_values import Seen, Wanted, coloured, from_array, pixels, scaled, seen_of
from headstart.data.opening import pictures, tiff
from headstart.data.opening.pictures import BROKEN, check_size

HEAD = 1 << 16  # bytes that nearly always hold the header

_MARKS = (("PNG", 0, b"\x89PNG"), ("JPEG", 0, b"\xff\xd8"), ("GIF", 0, b"GIF8"), ("WEBP", 8, b"WEBP"),
          ("TIFF", 0, b"II*\0"), ("TIFF", 0, b"MM\0*"), ("AVIF", 4, b"ftypavif"), ("BMP", 0, b"BM"))  # fmt: skip
_FIX = "replace the file or prepare with --skip-bad"
DEEP = ("I", "I;16", "I;16L", "I;16B", "I;16N")


def decode(data: bytes, origin: str, budget: Budget, wanted: Wanted = Wanted()) -> np.ndarray:
    """The pixels of an image file, uint8 [H, W] if it is grey, [H, W, 3] if it has colour, else [H, W, C]. DataError if
    it is broken.

    The content decides, not the name. First frame of an animation, turned upright by its EXIF, transparency on white.
    Bands, or grey pages of a TIFF, and arrays in .npy files may be any number of channels.
    """
    with _explained(data, "array" if data.startswith(channel_order.NPY) else "TIFF", origin):
        array = channel_order.array_of(data)
        channels = tiff.bands(data, origin, budget) if _channels_in(data, wanted) is not None else None
    if channels is not None:
        return scaled(channels, None, origin, wanted.white)
    if array is not None:
        return from_array(array, None, origin, wanted)
    unread = _open(data, origin)
    with _explained(data, unread.image.format or "image", origin), unread.decoded(budget) as image:
        _make_upright(image)
        return pixels(image, origin, wanted)


@contextmanager
def _explained(data: bytes, kind: str, origin: str) -> Iterator[None]:
    """Whatever a decoder raises on a broken file, as the DataError that says what is wrong with it."""
    try:
        yield
    except Image.DecompressionBombError as cause:
        raise pictures.too_large(origin, "more pixels than 178 million") from cause
    except BROKEN as cause:
        raise _broken(cause, data, kind, origin) from cause


def header(head: bytes, wanted: Wanted = Wanted()) -> Seen | None:
    """What the first bytes of an image file say of it, upright; None if they do not tell."""
    try:
        array = channel_order.array_of(head)
        if array is not None:
            return seen_of(array, wanted)
        channels, first = _channels_in(head, wanted), tiff.first_page(head)
        if channels is not None and first is not None:
            return Seen(first.height, first.width, channels, first.deep)
        with pictures.header(head, "") as image:
            width, height = image.size
            if image.format != "TIFF" and pictures.orientation(image) in (5, 6, 7, 8):
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


def highest(value: Any, budget: Budget) -> int:
    """The highest number in a deep picture, 0 if it is broken."""
    try:
        found = _numbers(bytes(value), budget) if isinstance(value, bytes | bytearray | memoryview) else value
        found = np.asarray(found)
        return int(found.max()) if found.dtype.kind in "iu" else 0
    except (*BROKEN, DataError, Image.DecompressionBombError):
        return 0


def _numbers(data: bytes, budget: Budget) -> np.ndarray:
    """The pixels of a deep picture as they are."""
    array = channel_order.array_of(data)
    if array is not None:
        return array
    if tiff.count(data) is not None:
        return tiff.bands(data, "image", budget)
    with pictures.opened(data, "image").decoded(budget) as image:
        return np.asarray(image)


def shown(image: Image.Image, origin: str, wanted: Wanted = Wanted()) -> np.ndarray:
    """The pixels of a picture that Pillow has opened, and perhaps not yet read; DataError if it is broken."""
    with _explained(b"", image.format or "image", origin):
        check_size(image, origin)
        return pixels(image, origin, wanted)


def _open(data: bytes, origin: str) -> pictures.Unread:
    if not data:
        raise DataError(102, "the image file is empty", where=origin, found="0 bytes", fix=_FIX)
    with _explained(data, "image", origin):
        try:
            return pictures.opened(data, origin)
        except UnidentifiedImageError as cause:
            kind = next((kind for kind, place, mark in _MARKS if data[place : place + len(mark)] == mark), None)
            if kind is not None:  # the name of the format is there, and not enough behind it
                raise _broken(ValueError(f"{len(data)} bytes"), data, kind, origin) from cause
            start = data[:256].lstrip().lower()
            page = start.startswith((b"<!doctype html", b"<html", b"<head"))
            what = "this is a web page, not an image" if page else "not an image that can be read"
            first = f"{len(data)} bytes, first {data[:8]!r}"
            raise DataError(104, what, where=origin, found=first, fix=_FIX) from cause


def _broken(cause: BaseException, data: bytes, kind: str, origin: str) -> DataError:
    text = " ".join(str(cause).split())
    if "truncated" in text.lower():
        end, found = f"{origin}@{len(data)}", f"the end after {len(data)} bytes"
        return DataError(101, "image is truncated", where=end, found=found, expected=f"a complete {kind}", fix=_FIX)
    return DataError(105, f"the {kind} is broken", where=origin, found=text, fix=_FIX)


def _make_upright(image: Image.Image) -> None:
    with suppress(*BROKEN):  # a broken EXIF block says nothing about the pixels, which have been read
        ImageOps.exif_transpose(image, in_place=True)
