"""HDF5 files of strangers, read within the budget: nothing outside of the file is followed, nothing is unpacked that is
far more than its bytes. They are read by h5py, which is an extra."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from headstart.core.contracts.budget import Budget, unsafe
from headstart.core.errors import DataError, UsageError

MAGIC = b"\x89HDF\r\n\x1a\n"
_FIX = "write it again if you trust it"
_LARGEST = 1 << 30  # bytes of one array, which is read as a whole
_DEPTH, _MOST = 6, 1_000_000  # groups within groups; members of a group
# What h5py raises on damaged files.
UNREADABLE = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, OverflowError, MemoryError)


def is_hdf5(path: Path) -> bool:
    """Does the file begin as HDF5 files do?"""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The root group; DataError where the file is damaged, UsageError without h5py."""
    try:
        import h5py
    except ImportError as cause:
        fix = 'pip install "headstart[robots]", or save the episodes as .npz'
        raise UsageError(884, "h5py is not installed", found=str(cause), fix=fix) from cause
    try:
        with h5py.File(path, "r") as file:
            yield file
    except UNREADABLE as cause:
        found = " ".join(str(cause).split())[:200] or type(cause).__name__
        raise DataError(880, "the recording cannot be read", where=path.name, found=found,
                        fix="write or fetch the file again") from cause  # fmt: skip


def members(group: Any, where: str) -> dict[str, Any]:
    """The groups and arrays of a group by name; DataError for a link that leads out of the file."""
    import h5py

    if len(group) > _MOST:
        raise unsafe(f"a group of {len(group):,} members", where, _FIX)
    found: dict[str, Any] = {}
    for name in group:
        if isinstance(group.get(name, getlink=True), h5py.ExternalLink):
            raise DataError(881, "the recording leads out of itself", where=f"{where}, {name}",
                            found="a link to another file", expected="arrays of this file",
                            fix="write the arrays into one file")  # fmt: skip
        found[name] = group[name]
    return found


def is_group(value: Any) -> bool:
    """Is it a group, not an array?"""
    import h5py

    return isinstance(value, h5py.Group)


def array(data: Any, where: str, budget: Budget) -> np.ndarray:
    """All values of an array; DataError where they lie in another file or are far more than its bytes."""
    if data.external or data.is_virtual:
        raise DataError(881, "the recording leads out of itself", where=where, found="values in another file",
                        expected="arrays of this file", fix="write the arrays into one file")  # fmt: skip
    packed = data.id.get_storage_size()
    if data.nbytes > min(_LARGEST, max(budget.limits.small, budget.limits.ratio * packed)):
        raise unsafe(f"an array of {data.nbytes:,} bytes in {packed:,}", where, _FIX)
    return np.asarray(data[()])


def attributes(value: Any) -> Mapping[str, Any]:
    """The plain attributes of a group: texts and numbers."""
    return {name: one for name, one in value.attrs.items() if isinstance(one, str | bytes | int | float | np.generic)}


def tree(group: Any, where: str, depth: int = 0) -> dict[str, Any]:
    """Arrays below a group by name, not read, nested as the groups are."""
    if depth > _DEPTH:  # links may lead back to a group above
        raise unsafe(f"more than {_DEPTH} groups within one another", where, _FIX)
    return {name: tree(one, f"{where}/{name}", depth + 1) if is_group(one) else one
            for name, one in members(group, where).items()}  # fmt: skip
