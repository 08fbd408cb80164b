"""Encoded rows -> raw column files: rows of one shape as they are, rows of differing length as values and offsets."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from headstart.core import contracts
from headstart.core.errors import DataError

_BLOCK = 1 << 24  # bytes moved at once


@dataclass(slots=True)
class _Column:
    """One file while it grows. `lengths` has the first dimension of every row."""

    path: Path
    file: IO[bytes]
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    ragged: bool = False
    lengths: array[int] = field(default_factory=lambda: array("q"))


class Writer(ExitStack):
    """Appends rows to column files in a directory, drops rows at the end, says what the files hold.

    Fixed column: `<name>.bin`, [rows, *shape]. Ragged column: `<name>.bin`, [sum of lengths, *shape[1:]], and
    `<name>.offsets.bin`, int64 [rows + 1].
    """

    def __init__(self, directory: Path) -> None:
        super().__init__()  # holds the open files
        self._directory = directory
        self._columns: dict[str, _Column] = {}
        self.rows = 0

    def add(self, rows: Sequence[contracts.Columns]) -> None:
        """Append encoded rows; all rows have the same columns."""
        if not rows:
            return
        self._open({name: (first.dtype, first.shape) for name, first in rows[0].items()})
        for name, column in self._columns.items():
            self._append(column, [row[name] for row in rows])
        self.rows += len(rows)

    def add_block(self, columns: contracts.Columns) -> None:
        """Append rows of one shape by columns, first axis the row."""
        self._open({name: (values.dtype, values.shape[1:]) for name, values in columns.items()})
        for name, column in self._columns.items():
            values = columns[name]
            assert values.shape[1:] == column.shape, f"{column.path.stem}: {values.shape[1:]} after {column.shape}"
            column.lengths.extend([column.shape[0] if column.shape else 1] * len(values))
            column.file.write(np.ascontiguousarray(values).data)
        self.rows += len(next(iter(columns.values())))

    def _open(self, columns: Mapping[str, tuple[np.dtype[Any], tuple[int, ...]]]) -> None:
        """The files, before the first rows."""
        for name, (dtype, shape) in columns.items() if not self._columns else ():
            path = self._directory / f"{name}.bin"
            self._columns[name] = _Column(path, self.enter_context(path.open("wb")), dtype, shape)

    def _append(self, column: _Column, values: list[np.ndarray]) -> None:
        for value in values:
            if value.shape != column.shape:
                alike = value.ndim == len(column.shape) > 0 and value.shape[1:] == column.shape[1:]
                assert alike, f"{column.path.stem}: {value.shape} after {column.shape}"
                column.ragged = True
            column.lengths.append(len(value) if value.ndim else 1)
        column.file.write(np.concatenate([value.reshape(-1) for value in values]).tobytes())

    def so_far(self) -> dict[str, dict[str, Any]]:
        """Every row that was added, described as `finish` does, to be read before it is decided what to keep."""
        described = {}
        for name, column in self._columns.items():
            column.file.flush()
            described[name] = self._describe(name, column, np.asarray(column.lengths, np.int64))
        return described

    def finish(self, keep: np.ndarray) -> dict[str, dict[str, Any]]:
        """Drop the rows where keep [rows] is False and describe each column for the manifest."""
        described = {}
        for name, column in self._columns.items():
            column.file.close()
            lengths = np.asarray(column.lengths, np.int64)
            if not keep.all():
                _compact(column, lengths, keep)
            described[name] = self._describe(name, column, lengths[keep])
        return described

    def _describe(self, name: str, column: _Column, lengths: np.ndarray) -> dict[str, Any]:
        described: dict[str, Any] = {"file": column.path.name, "dtype": column.dtype.str, "rows": len(lengths)}
        if not column.ragged:
            return {**described, "shape": list(column.shape)}
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype("<i8")
        (self._directory / f"{name}.offsets.bin").write_bytes(offsets.tobytes())
        return {**described, "shape": [-1, *column.shape[1:]], "offsets": f"{name}.offsets.bin"}


def _compact(column: _Column, lengths: np.ndarray, keep: np.ndarray) -> None:
    """Move the kept rows together, from the front, within the file; memory stays at one block."""
    width = int(np.prod(column.shape[1:])) * column.dtype.itemsize
    starts = np.concatenate([[0], np.cumsum(lengths)]) * width
    first = int(np.argmin(keep))  # rows before the first dropped one stay where they are
    edges = np.flatnonzero(np.diff(np.concatenate([[0], keep[first:].astype(np.int8), [0]]))) + first
    with column.path.open("r+b") as file:
        end = int(starts[first])
        for begin, stop in edges.reshape(-1, 2):  # runs of kept rows
            end = _move(file, int(starts[begin]), int(starts[stop]), end)
        file.truncate(end)


def _move(file: IO[bytes], begin: int, stop: int, to: int) -> int:
    while begin < stop:
        file.seek(begin)
        block = file.read(min(_BLOCK, stop - begin))
        if not block:
            raise DataError(301, "the column file became shorter while it was written", where=begin)
        file.seek(to)
        file.write(block)
        begin, to = begin + len(block), to + len(block)
    return to
