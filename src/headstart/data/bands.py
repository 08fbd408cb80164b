"""Pictures of any number of channels: arrays, .npy files, and TIFF files of several bands or pages."""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, TypeAlias

import numpy as np
from numpy.lib import format as npy
from PIL import Image, ImageSequence, TiffImagePlugin

from headstart.core.errors import DataError

Tags: TypeAlias = Mapping[int, Any]

NPY = b"\x93NUMPY"
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIPS, _SAMPLES, _ROWS, _STRIP_BYTES, _PLANAR, _PREDICTOR = 273, 277, 278, 279, 284, 317
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES, _EXTRA, _FORMAT = 322, 323, 324, 325, 338, 339
_PLAIN, _DEFLATED = 1, (8, 32946)
_MOST_PAGES = 1024
_MOST = 1 << 29  # bytes of one picture, unpacked


def arranged(array: np.ndarray, channels: int | None) -> np.ndarray | None:
    """[H, W, C] of an array with channels first or last, `channels` of them if known; None if nobody can tell.

    Otherwise 1, 3 or 4 is a number of channels, last or first, or else the one side that is the shortest.
    """
    first, _, last = array.shape
    if channels is not None and channels in (first, last):
        return array if last == channels else array.transpose(1, 2, 0)
    if last in (1, 3, 4):
        return array
    if first in (1, 3, 4):
        return array.transpose(1, 2, 0)
    if last < min(array.shape[:2]):
        return array
    return array.transpose(1, 2, 0) if first < min(array.shape[1:]) else None


def is_transparency(values: np.ndarray) -> bool:
    """Is the last of four channels [H, W, 4] how opaque the places are? Then most of it is all or nothing."""
    alpha = values[..., 3]
    full = 1 if values.dtype.kind in "fb" else np.iinfo(values.dtype).max
    return bool(np.mean((alpha == 0) | (alpha == full)) > 0.5)


def array_of(data: bytes) -> np.ndarray | None:
    """The array in the bytes of a .npy file; None for other files. ValueError if it is broken or holds objects."""
    if not data.startswith(NPY):
        return None
    file = io.BytesIO(data)
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, kind = read(file)
    begin = file.tell()
    if kind.hasobject or math.prod(shape) * kind.itemsize != len(data) - begin:
        raise ValueError(f"{len(data) - begin:,} bytes, where the header promises {list(shape)} of {kind}")
    return np.frombuffer(data, kind, offset=begin).reshape(shape, order="F" if fortran else "C")


def count(data: bytes) -> int | None:
    """How many bands or pages of a TIFF file are channels; None where it is an ordinary picture, or another file."""
    directories = list(_directories(data))
    if not directories:
        return None
    if _is_banded(directories[0]):
        return int(directories[0][_SAMPLES])
    return len(directories) if _are_channels(directories) else None


def goes_on(head: bytes) -> bool:
    """Do the first bytes of a file name pages, or numbers, behind them?"""
    pages = list(_directories(head))
    return head.startswith(NPY) or (bool(pages) and pages[-1].next >= len(head))


def size(data: bytes) -> tuple[int, int]:
    """Height and width of the first page of a TIFF file."""
    first = next(_directories(data))
    return int(first[_HEIGHT]), int(first[_WIDTH])


def must_be_bands(data: bytes) -> bool:
    """Is this a TIFF file that can only be read as bands? Others have three colours, or a first page."""
    first = next(_directories(data), None)
    return first is not None and _is_banded(first) and int(first.get(_SAMPLES, 1)) != 4


def bands(data: bytes, origin: str) -> np.ndarray:
    """The channels of a TIFF file for which `count` gave a number, [H, W, C]. ValueError if it is broken."""
    first = next(_directories(data))
    if _is_banded(first):
        return _unpacked(data, first, origin)
    with Image.open(io.BytesIO(data), formats=("TIFF",)) as image:
        return np.stack([np.asarray(page) for page in ImageSequence.Iterator(image)], 2)


def _directories(data: bytes) -> Iterator[TiffImagePlugin.ImageFileDirectory_v2]:
    """What the pages of a TIFF file say of themselves; nothing for other files."""
    if data[:4] not in _TIFF:
        return
    file = io.BytesIO(data)
    directory = TiffImagePlugin.ImageFileDirectory_v2(data[:16] if data[2:3] == b"+" or data[3:4] == b"+" else data[:8])
    seen: set[int] = set()
    while 0 < directory.next < len(data) and directory.next not in seen and len(seen) < _MOST_PAGES:
        seen.add(directory.next)
        file.seek(directory.next)
        directory.load(file)
        yield directory


def _is_banded(tags: Tags) -> bool:
    """Does a page hold other channels than grey or colours, with or without transparency?"""
    samples, extra = int(tags.get(_SAMPLES, 1)), tuple(tags.get(_EXTRA, ()))
    grey = tags.get(_PHOTOMETRIC) in (0, 1)
    transparent = any(one in (1, 2) for one in extra)
    return samples > 4 or (not transparent and ((grey and samples > 1) or (samples == 4 and extra == (0,))))


def _are_channels(pages: Sequence[Tags]) -> bool:
    """Are these grey pages of one size and depth? Pages of text, of one bit each or in colour, are a document."""
    forms = {
        (p.get(_WIDTH), p.get(_HEIGHT), tuple(p.get(_BITS, (1,))), tuple(p.get(_FORMAT, (1,))), p.get(_SAMPLES, 1))
        for p in pages
    }
    if len(pages) < 2 or len(forms) != 1:
        return False
    _, _, bits, _, samples = forms.pop()
    return samples == 1 and bits[0] >= 8 and all(p.get(_PHOTOMETRIC) in (0, 1) for p in pages)


def _unpacked(data: bytes, tags: Tags, origin: str) -> np.ndarray:
    """The bands of one page, [H, W, C]. Strips or tiles, plain or deflated, with or without differences along a row."""
    kind = _kind(tags, data[:2] == b"MM", origin)
    height, width, samples = int(tags[_HEIGHT]), int(tags[_WIDTH]), int(tags[_SAMPLES])
    if height * width * samples * kind.itemsize > _MOST or min(height, width) < 1:
        found = f"{height} x {width} pixels of {samples} channels"
        raise DataError(103, "the image is too large", where=origin, found=found, expected=f"at most {_MOST >> 20} MiB")
    tiled, apart = _TILES in tags, tags.get(_PLANAR, 1) == 2
    high, wide = (int(tags[_TILE_HEIGHT]), int(tags[_TILE_WIDTH])) if tiled else (int(tags.get(_ROWS, height)), width)
    high = min(high, height) if not tiled else high
    begins, sizes = (tags[_TILES], tags[_TILE_BYTES]) if tiled else (tags[_STRIPS], tags[_STRIP_BYTES])
    deep = 1 if apart else samples
    made = np.zeros((samples if apart else 1, height, width, deep), kind.newbyteorder("="))
    places = product(range(len(made)), range(0, height, high), range(0, width, wide))
    for (plane, top, left), begin, size in zip(places, begins, sizes, strict=True):
        rows = high if tiled else min(high, height - top)
        part = _part(data[begin : begin + size], tags, rows * wide * deep * kind.itemsize)
        block = np.frombuffer(part, kind).reshape(rows, wide, deep)[: height - top, : width - left]
        if tags.get(_PREDICTOR, 1) == 2:
            block = np.cumsum(block, 1, dtype=made.dtype)  # wraps round as it was written
        made[plane, top : top + high, left : left + wide] = block
    return made[..., 0].transpose(1, 2, 0) if apart else made[0]


def _kind(tags: Tags, big: bool, origin: str) -> np.dtype[Any]:
    """The type of a page's numbers; DataError for those that are not read here."""
    bits, formats = set(tags.get(_BITS, (1,))), set(tags.get(_FORMAT, (1,)))
    packing, step = tags.get(_COMPRESSION, _PLAIN), tags.get(_PREDICTOR, 1)
    letter = {1: "u", 2: "i", 3: "f"}.get(next(iter(formats)))
    whole = len(bits) == len(formats) == 1 and letter is not None and next(iter(bits)) in (8, 16, 32, 64)
    if not whole or packing not in (_PLAIN, *_DEFLATED) or step not in (1, 2) or (step == 2 and letter == "f"):
        found = f"compression {packing}, predictor {step}, bits {sorted(bits)}"
        fix = "save it without compression or with deflate, or as .npy [height, width, channels]"
        raise DataError(127, "this TIFF of several bands cannot be unpacked", where=origin, found=found, fix=fix)
    return np.dtype(f"{'>' if big else '<'}{letter}{next(iter(bits)) // 8}")


def _part(packed: bytes, tags: Tags, size: int) -> bytes:
    """The bytes of a strip or tile, unpacked; ValueError if there are not so many."""
    found = packed
    if tags.get(_COMPRESSION, _PLAIN) in _DEFLATED:
        found = zlib.decompressobj().decompress(packed, size)
    if len(found) < size:
        raise ValueError(f"truncated: a part of {len(found):,} bytes, where {size:,} belong")
    return found[:size]
