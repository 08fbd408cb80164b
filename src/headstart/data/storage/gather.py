"""Rows out of columns by one vectorised gather each: files, which are mapped and not read, or arrays in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from headstart.core import contracts
from headstart.core.errors import StorageError


def mapped(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> np.ndarray:
    """A file as an array; StorageError if it has not exactly the bytes the array needs."""
    wanted = int(np.prod(shape)) * dtype.itemsize
    try:
        size = path.stat().st_size
    except OSError as cause:
        raise StorageError(211, "a column file is missing", where=path, fix="prepare the data again") from cause
    if size != wanted:
        found = f"{size} bytes"
        raise StorageError(212, "a column file has the wrong size", where=path, found=found, expected=f"{wanted} bytes")
    if wanted == 0:
        return np.empty(shape, dtype)
    return np.memmap(path, dtype, "r", shape=shape).view(np.ndarray)


_LONG = 512  # values of a run of rows from which copying it by itself is faster than one gather of all
_PLACES = 1 << 20  # values gathered at one time: their places take eight bytes each


class Fixed:
    """Rows of one shape."""

    def __init__(self, name: str, values: np.ndarray) -> None:
        self.name, self._values = name, values

    @property
    def values(self) -> np.ndarray:
        """The places of all rows one behind the other, [rows * T, ...]."""
        return self._values.reshape(-1, *self._values.shape[2:])

    @property
    def offsets(self) -> np.ndarray:
        """Where each row begins among them, int64 [rows + 1]."""
        return np.arange(len(self._values) + 1, dtype=np.int64) * self._values.shape[1]

    def take(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        """[B, *shape], a copy."""
        return {self.name: self._values.take(indices, axis=0)}

    def bytes_of(self, indices: np.ndarray) -> int:
        return _row_bytes(self._values) * len(indices)


class Ragged:
    """Rows of differing length: their values one behind the other, and where each begins."""

    def __init__(self, name: str, values: np.ndarray, offsets: np.ndarray) -> None:
        self.name, self.values, self.offsets = name, values, offsets

    def take(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        """`name` [sum of lengths, ...] and `name.offsets` int64 [B + 1] into it."""
        begin, lengths = self.offsets[indices], self.lengths(indices)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        found = np.empty((int(offsets[-1]), *self.values.shape[1:]), self.values.dtype)
        apart = np.flatnonzero(begin[1:] != begin[:-1] + lengths[:-1]) + 1  # rows that do not lie behind the one before
        if len(found) >= _LONG * (len(apart) + 1):
            for one, other in pairwise([0, *apart.tolist(), len(lengths)] if len(lengths) else []):
                start, size = int(begin[one]), int(offsets[other] - offsets[one])
                found[offsets[one] : offsets[other]] = self.values[start : start + size]
        else:
            for one, other in pairwise(_blocks(offsets)):
                places = np.arange(offsets[one], offsets[other])
                places += np.repeat(begin[one:other] - offsets[one:other], lengths[one:other])
                self.values.take(places, axis=0, out=found[offsets[one] : offsets[other]], mode="clip")
        return {self.name: found, f"{self.name}.offsets": offsets}

    def lengths(self, indices: np.ndarray) -> np.ndarray:
        """int64 [B]."""
        return self.offsets[indices + 1] - self.offsets[indices]

    def bytes_of(self, indices: np.ndarray) -> int:
        return int(self.lengths(indices).sum()) * _row_bytes(self.values)


def _blocks(offsets: np.ndarray) -> list[int]:
    """Row numbers from 0 to the last at which about so many values have gone by since the one before."""
    if offsets[-1] <= _PLACES:
        return [0, len(offsets) - 1]
    marks = np.arange(_PLACES, int(offsets[-1]), _PLACES)
    return np.unique([0, *np.searchsorted(offsets, marks).tolist(), len(offsets) - 1]).tolist()


def _row_bytes(values: np.ndarray) -> int:
    return int(np.prod(values.shape[1:])) * values.dtype.itemsize


def taken(opened: Iterable[Fixed | Ragged], rows: np.ndarray) -> dict[str, np.ndarray]:
    """These rows of several columns."""
    return {name: values for one in opened for name, values in one.take(rows).items()}


def lengths(opened: Iterable[Fixed | Ragged], name: str, rows: np.ndarray) -> np.ndarray | None:
    """Stored length of a column in each row, int64 [n]; None where all rows have one shape."""
    column = next((one for one in opened if isinstance(one, Ragged) and one.name == name), None)
    return None if column is None else column.lengths(rows)


def rows_of(taken: Mapping[str, np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
    """What `take` returned, row by row, each as its modality encoded it."""
    names = [name for name in taken if not name.endswith(".offsets")]
    each = [_split(taken[name], taken.get(f"{name}.offsets")) for name in names]
    for values in zip(*each, strict=True):
        yield dict(zip(names, values, strict=True))


def _split(values: np.ndarray, offsets: np.ndarray | None) -> Iterator[np.ndarray]:
    if offsets is None:
        return iter(values)
    return (values[begin:end] for begin, end in pairwise(offsets))


def column(directory: Path, name: str, about: Mapping[str, Any]) -> Fixed | Ragged:
    """Open the column that the manifest describes."""
    dtype, shape, rows = np.dtype(about["dtype"]), tuple(about["shape"]), about["rows"]
    if about.get("offsets") is None:
        return Fixed(name, mapped(directory / about["file"], dtype, (rows, *shape)))
    offsets = np.array(mapped(directory / about["offsets"], np.dtype("<i8"), (rows + 1,)))
    if not (offsets[0] == 0 and (np.diff(offsets) >= 0).all()):
        raise StorageError(213, "row offsets do not ascend", where=directory / about["offsets"])
    return Ragged(name, mapped(directory / about["file"], dtype, (int(offsets[-1]), *shape[1:])), offsets)


def ragged(columns: Mapping[str, np.ndarray], name: str) -> tuple[np.ndarray, np.ndarray]:
    """Values one behind the other and offsets int64 [B + 1], also of rows that happen to be of one length [B, T]."""
    values = columns[name]
    if f"{name}.offsets" in columns:
        return values, columns[f"{name}.offsets"]
    rows, length = values.shape
    return values.reshape(-1), np.arange(rows + 1, dtype=np.int64) * length


def ragged_rows(columns: Mapping[str, np.ndarray], name: str) -> Iterator[np.ndarray]:
    """A column row by row, of rows of one shape or of differing length."""
    return _split(columns[name], columns.get(f"{name}.offsets"))


def filled(values: np.ndarray, offsets: np.ndarray, blank: int) -> np.ndarray:
    """Ragged rows of numbers as one array [B, longest, ...], `blank` where a row has ended."""
    lengths = np.diff(offsets)
    present = np.arange(int(lengths.max(initial=0))) < lengths[:, None]
    rows = np.full((*present.shape, *values.shape[1:]), blank, values.dtype)
    rows[present] = values
    return rows


def stacked(rows: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Encoded rows as `take` would return them: the opposite of `rows_of`."""
    columns: dict[str, np.ndarray] = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        if all(value.shape == values[0].shape for value in values):
            columns[name] = np.stack(values)
        else:
            columns[name] = np.concatenate(values)
            columns[f"{name}.offsets"] = np.cumsum([0, *map(len, values)])
    return columns


class MemoryRows:
    """Rows in memory as a modality encoded them, derived like those of a store, and read like them."""

    def __init__(self, modality: contracts.Modality, rows: Sequence[contracts.Columns]) -> None:
        columns = stacked(rows) if rows else {}
        derived = modality.derive(columns) if rows else {}
        self._stored = opened(columns)
        self._fed = opened(derived) if derived else self._stored

    def feed(self, indices: np.ndarray) -> contracts.Columns:
        return taken(self._fed, indices)

    def take(self, indices: np.ndarray) -> contracts.Columns:
        return taken(self._stored, indices)

    def lengths(self, indices: np.ndarray, column: str) -> np.ndarray | None:
        return lengths(self._fed, column, np.asarray(indices, np.int64))


def opened(columns: contracts.Columns) -> list[Fixed | Ragged]:
    """Columns in memory, to be gathered from."""
    offsets = {name: columns.get(f"{name}.offsets") for name in columns if not name.endswith(".offsets")}
    return [Fixed(n, columns[n]) if each is None else Ragged(n, columns[n], each) for n, each in offsets.items()]
