"""NumPy files, opened without reading them whole, and without pickled objects."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np


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
