"""Decoders warn of oddities in files that they can read all the same; nobody could act on that."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_decoders() -> Iterator[None]:
    """No warnings of decoders inside. Filters belong to the whole process: set once around all threads."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        warnings.filterwarnings("ignore", message=r"Reading `\.npy`")  # as Python 2 wrote it
        log = logging.getLogger("tifffile")
        level = log.level
        log.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            log.setLevel(level)
