"""TIFF files: what they say of their pages, and the channels of those that hold others than grey or colours."""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageSequence, TiffImagePlugin

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError, UsageError

if TYPE_CHECKING:
    from tifffile import TiffFrame, TiffPage

MOST_CHANNELS = 1024  # more pages are a film or a document, of which the first page counts
_MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_NEVER = -1
_MOST = 1 << 29  # bytes of one picture, unpacked
_COPIES = 3  # of it in memory while it is read
_DEFLATED, _LZW = (8, 32946), 5


@dataclass(frozen=True, slots=True)
class Page:
    """What a page of a TIFF file says of itself. `kinds`: bits and number format of its samples."""

    height: int
    width: int
    samples: int
    kinds: tuple[tuple[int, ...], tuple[int, ...]]
    grey: bool
    extra: tuple[int, ...]

    @property
    def banded(self) -> bool:
        """Does it hold other channels than grey or colours, with or without transparency?"""
        transparent = bool({1, 2} & {*self.extra})
        unknown = (self.grey and self.samples > 1) or (self.samples == 4 and self.extra == (0,))
        return self.samples > 4 or (unknown and not transparent)

    @property
    def deep(self) -> bool:
        """Are its numbers whole ones of more than 8 bits?"""
        return max(self.kinds[0]) > 8 and max(self.kinds[1]) <= 2


def first_page(data: bytes) -> Page | None:
    """The first page; None for other files than TIFF. ValueError if it is broken."""
    return next(_pages(data), None)


def count(data: bytes) -> int | None:
    """How many bands or pages (2 to 1,024, grey, of one size and one depth of 8 bits or more) of a TIFF file are
    channels; None where it is an ordinary picture, or another file."""
    first = first_page(data)
    if first is None or first.banded:
        return first and first.samples
    if not first.grey or min(first.kinds[0]) < 8:
        return None
    pages = 0
    for page in _pages(data):
        pages += 1
        if page != first or pages > MOST_CHANNELS:
            return None
    return pages if pages > 1 else None


def _pages(data: bytes) -> Iterator[Page]:
    if data[:4] not in _MARKS:
        return
    file = io.BytesIO(data)
    directory = TiffImagePlugin.ImageFileDirectory_v2(data[:16] if b"+" in data[2:4] else data[:8])
    place, seen = directory.next, set[int]()
    while place and place not in seen:
        seen.add(place)
        file.seek(place)
        directory.next = _NEVER
        directory.load(file)
        if directory.next == _NEVER:  # Pillow only warns
            raise ValueError(f"truncated: no page at {place:,}")
        place = directory.next
        kinds = tuple(directory.get(258, (1,))), tuple(directory.get(339, (1,)))
        samples, extra = int(directory.get(277, 1)), tuple(directory.get(338, ()))
        yield Page(int(directory[257]), int(directory[256]), samples, kinds, directory.get(262) in (0, 1), extra)


def bands(data: bytes, origin: str, budget: Budget) -> np.ndarray:
    """The channels of a TIFF file for which `count` gave a number, [H, W, C]. ValueError if it is broken."""
    first, channels = first_page(data), count(data)
    assert first is not None
    assert channels is not None
    size = first.height * first.width * channels * max(first.kinds[0]) // 8
    limits = budget.limits
    if size > min(_MOST, max(limits.small, limits.ratio * len(data))):
        found = f"{first.height} x {first.width} pixels of {channels} channels in {len(data):,} bytes"
        expected = f"at most {_MOST >> 20} MiB, and {limits.ratio} times its file"
        raise DataError(103, "the image is too large", where=origin, found=found, expected=expected)
    with budget.room(_COPIES * size):
        if first.banded:
            return _unpacked(data, origin)
        with Image.open(io.BytesIO(data), formats=("TIFF",)) as image:
            return np.stack([np.asarray(page) for page in ImageSequence.Iterator(image)], 2)


def _unpacked(data: bytes, origin: str) -> np.ndarray:
    """The bands of the first page, [H, W, C], by tifffile."""
    try:
        from tifffile import TiffFile, TiffFileError
    except ImportError as cause:
        fix = "pip install 'headstart[tiff]'"
        raise UsageError(329, "tifffile is not installed", where=origin, found=str(cause), fix=fix) from cause
    try:
        with TiffFile(io.BytesIO(data)) as file:
            page = file.pages.first
            _check(data, page, origin)
            values = page.asarray(squeeze=False, maxworkers=1)  # [planes, 1, H, W, samples of a plane]
    except (TiffFileError, AssertionError, ValueError) as cause:
        if "imagecodecs" in str(cause):
            raise _unread(str(cause), origin) from cause
        raise ValueError(str(cause)) from cause
    _, deep, height, width, _ = values.shape
    if deep != 1:
        raise _unread(f"a volume of {deep} layers", origin)
    return values.transpose(2, 3, 0, 1, 4).reshape(height, width, -1)


def _check(data: bytes, page: TiffPage | TiffFrame, origin: str) -> None:
    """Nothing may lie beyond the end of the file, or unpack to more than the header says."""
    if page.compression not in (1, _LZW, *_DEFLATED):
        raise _unread(f"compression {page.compression}", origin)
    if len(page.dataoffsets) != math.prod(page.chunked):
        raise ValueError(f"{len(page.dataoffsets)} parts where {math.prod(page.chunked)} belong")
    most = math.prod(page.chunks) * (page.dtype.itemsize if page.dtype is not None else 1)
    for begin, size in zip(page.dataoffsets, page.databytecounts, strict=True):
        if begin + size > len(data):
            raise ValueError(f"truncated: a part from {begin:,} to {begin + size:,}")
        if page.compression in _DEFLATED:
            part = zlib.decompressobj().decompress(data[begin : begin + size], most + 1)
            if not len(part) <= most <= _MOST:
                raise ValueError(f"a part of more than the {most:,} bytes that its header promises")


def _unread(found: str, origin: str) -> DataError:
    fix = "save it without compression or with deflate, or pip install imagecodecs"
    return DataError(127, "this TIFF of several bands cannot be unpacked", where=origin, found=found, fix=fix)
