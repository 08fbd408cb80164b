"""NumPy files, opened without reading them whole, and without pickled objects."""

import math
import tokenize
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from headstart.data.opening.archives import BROKEN, Zip

# What NumPy raises on broken headers beside what archives do: the header is a line of Python.
UNREADABLE = (*BROKEN, tokenize.TokenError, SyntaxError, TypeError, KeyError, AttributeError, MemoryError)


def mapped(path: Path) -> np.ndarray:
    """The array of a .npy file, which is never larger than its file, read where it is used; raises what NumPy does on
    broken headers."""
    with old_headers():
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(found, np.ndarray):
        raise ValueError("several arrays, which belong into a .npz")
    return found


@contextmanager
def old_headers() -> Iterator[None]:
    """NumPy warns of headers that Python 2 wrote and reads them, and of sizes that overflow before it refuses them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def member(archive: Zip, name: str) -> np.ndarray:
    """One whole array of a .npz that was checked; ValueError for pickled objects and for one that is shorter than its
    header promises, else what NumPy raises."""
    with archive.open(name) as file:
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        with old_headers():
            shape, fortran, dtype = read(file)
        size, there = math.prod(shape) * dtype.itemsize, archive.getinfo(name).file_size - file.tell()
        if dtype.hasobject:
            raise ValueError("pickled Python objects")
        if size != there:
            raise ValueError(f"{there:,} bytes of {name}, where its header promises {size:,}")
        found = np.frombuffer(file.read(), dtype)
    return found.reshape(shape, order="F" if fortran else "C")
