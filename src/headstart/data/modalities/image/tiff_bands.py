"""The channels of TIFF files that hold others than grey or colours: several bands, or pages of grey."""

from __future__ import annotations

import io
import math
import zlib
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageSequence

from headstart.core.errors import DataError, UsageError
from headstart.data.modalities.image.tiff import count, first_page

if TYPE_CHECKING:
    from tifffile import TiffFrame, TiffPage

_MOST = 1 << 29  # bytes of one picture, unpacked
_SMALL, _RATIO = 1 << 26, 100  # what a small file may unpack to, and how many times its size a larger one
_DEFLATED, _LZW = (8, 32946), 5


def bands(data: bytes, origin: str) -> np.ndarray:
    """The channels of a TIFF file for which `count` gave a number, [H, W, C]. ValueError if it is broken."""
    first, channels = first_page(data), count(data)
    assert first is not None
    assert channels is not None
    size = first.height * first.width * channels * max(first.kinds[0]) // 8
    if size > min(_MOST, max(_SMALL, _RATIO * len(data))):
        found = f"{first.height} x {first.width} pixels of {channels} channels in {len(data):,} bytes"
        expected = f"at most {_MOST >> 20} MiB, and {_RATIO} times its file"
        raise DataError(103, "the image is too large", where=origin, found=found, expected=expected)
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
