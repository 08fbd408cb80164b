"""Arrays as pictures: which side holds the channels, whether the fourth is transparency, what lies in .npy bytes."""

import io
import math
import tokenize

import numpy as np
from numpy.lib import format as npy

NPY = b"\x93NUMPY"


def array_of(data: bytes) -> np.ndarray | None:
    """The array in the bytes of a .npy file; None for other files. ValueError if it is broken or holds objects."""
    if not data.startswith(NPY):
        return None
    file = io.BytesIO(data)
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    try:
        shape, fortran, kind = read(file)
    except tokenize.TokenError as cause:
        raise ValueError("an invalid header") from cause
    begin = file.tell()
    if kind.hasobject:
        raise ValueError("Python objects")
    if math.prod(shape) * kind.itemsize != len(data) - begin:
        raise ValueError(f"truncated: {len(data) - begin:,} bytes, where {list(shape)} of {kind} belong")
    return np.frombuffer(data, kind, offset=begin).reshape(shape, order="F" if fortran else "C")


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
    few = values.dtype.kind == "b" or (values.dtype.kind == "f" and values.max() <= 1)
    full = 1 if few else 255 if values.max() <= 255 or values.dtype.kind == "f" else np.iinfo(values.dtype).max
    return bool(np.mean((alpha == 0) | (alpha == full)) > 0.5)
