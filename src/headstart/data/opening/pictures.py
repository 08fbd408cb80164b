"""Picture files as they are opened: which are read, and which would cost far more than pictures do."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.opening import heif

MAX_PIXELS = 89_478_485  # Pillow's own warning level: a quarter of a gigabyte at 3 bytes a pixel
MAX_BYTES = 1 << 29  # bytes of a file: 89 million pixels of 16-bit colour, uncompressed
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "WEBP", "TIFF", "TGA", "PPM", "JPEG2000", "AVIF", "ICO", "MSP")
"""What is read; of a JPEG with several pictures (MPO) the first. Pillow knows more, some of which run other programs
(EPS) or are no pictures (HDF5, MPEG)."""

# What decoders raise on broken files, seen on fuzzed and truncated ones.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, OverflowError, RuntimeError,
          AttributeError, MemoryError, ZeroDivisionError, NotImplementedError, struct.error, zlib.error)  # fmt: skip

_FIX = "replace the file or prepare with --skip-bad"
_PER_PIXEL, _GREY, _BLENDED = 12, 4, 22  # bytes that the picture and its working copies take, measured
_DEAR = {"WEBP": 26, "AVIF": 20, "JPEG2000": 20, "HEIF": 20, "TIFF": 16}
_LAYERED = ("LA", "La", "PA", "RGBA", "RGBa")
_SMALL, _RATIO = 192 << 20, 2000  # such bytes of any picture, and per byte of a large one's file
_SCANS, _WORK = 32, 100_000_000  # of a JPEG, and pixels that are gone over in all scans; programs write at most 17
_ORIENTATION = 0x0112
_SCAN = b"\xff\xda"
_MARK = re.compile(rb"\xff[^\0\xff\xd0-\xd7]")  # what is no pixel and no restart within a scan
_ICON, _LARGEST_ICON = b"\0\0\1\0", 1 << 22  # pixels; icons have at most 1,024 x 1,024
_SIDES = re.compile(rb"IHDR(.{4})(.{4})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Unread:
    """A picture whose header was read and whose pixels were not, and the bytes of memory that they will take."""

    image: Image.Image
    cost: int

    @contextmanager
    def decoded(self, budget: Budget) -> Iterator[Image.Image]:
        """The picture, with memory for it and its working copies. Never within another: both wait for memory. Raises
        what decoders do (`BROKEN`)."""
        with budget.room(self.cost):
            self.image.load()
            yield self.image


def opened(data: bytes, origin: str) -> Unread:
    """A picture file; DataError if it costs too much. Raises what decoders do (`BROKEN`,
    Image.DecompressionBombError)."""
    if len(data) > MAX_BYTES:
        raise too_large(origin, f"more than {MAX_BYTES >> 20} MiB")
    image = header(data, origin)
    check_size(image, origin)
    return Unread(image, _cost(image, data, origin))


def header(data: bytes, origin: str) -> Image.Image:
    """What the first bytes of a file say; the pixels may not be asked for."""
    _check_icon(data, origin)
    Image.init()  # else Pillow knows only the commonest of the formats it is asked for
    return heif.opened(data, origin) if heif.is_heif(data) else Image.open(io.BytesIO(data), formats=FORMATS)


def orientation(image: Image.Image) -> int:
    """How a picture is to be turned, as its EXIF says; 1 where it says nothing. The pixels are not decoded, as Pillow
    does it to look behind those of a PNG."""
    return image.getexif().get(_ORIENTATION, 1) if image.format != "PNG" or "exif" in image.info else 1


def check_size(image: Image.Image, origin: str) -> None:
    """DataError for a picture of too many pixels, or of none."""
    if image.width * image.height > MAX_PIXELS:
        raise too_large(origin, f"{image.width} x {image.height} pixels")
    if image.width * image.height == 0:
        found = f"{image.width} x {image.height} pixels"
        raise DataError(119, "the image has no pixels", where=origin, found=found, fix=_FIX)


def too_large(origin: str, found: str) -> DataError:
    return DataError(103, "the image is too large", where=origin, found=found, expected="at most 89 million", fix=_FIX)


def _check_icon(data: bytes, origin: str) -> None:
    """Pillow decodes an icon when it opens it, and its header does not tell how large the PNG pictures in it are."""
    for sides in _SIDES.findall(data) if data.startswith(_ICON) else ():
        width, height = (int.from_bytes(side) for side in sides)
        if width * height > _LARGEST_ICON:
            raise too_large(origin, f"{width} x {height} pixels in an icon")


def _cost(image: Image.Image, data: bytes, origin: str) -> int:
    """Bytes of memory that a picture takes; DataError for one that takes far more memory or time than pictures do."""
    size, kind = image.width * image.height, image.format or ""
    cost = size * (_GREY if image.mode in ("1", "L") else _DEAR.get(kind, _PER_PIXEL))
    if cost > _SMALL and cost > _RATIO * len(data):
        found = f"{image.width} x {image.height} pixels in {len(data):,} bytes"
        raise DataError(130, "the image unpacks to far more than pictures do", where=origin, found=found, fix=_FIX)
    if kind in ("JPEG", "MPO") and data.count(_SCAN) > _SCANS:
        scans = _scans(data)
        if scans > _SCANS and scans * size > _WORK:
            found = f"{scans} scans of {image.width} x {image.height} pixels"
            raise DataError(130, "the image unpacks to far more than pictures do", where=origin, found=found, fix=_FIX)
    blended = image.mode in _LAYERED or "transparency" in image.info  # laid on white
    return max(cost, _BLENDED * size) if blended else cost


def _scans(data: bytes) -> int:
    """How often a JPEG goes over its picture: its scans up to the end of the first picture."""
    place, scans = 2, 0
    while place + 4 <= len(data) and data[place] == 0xFF:
        mark = data[place + 1]
        if mark == 0xD9:
            break
        place += 2 + int.from_bytes(data[place + 2 : place + 4])
        if mark == _SCAN[1]:
            scans += 1
            found = _MARK.search(data, place)
            place = len(data) if found is None else found.start()
    return scans
