"""Parquet files, read row by row within the budget: what their pages say of themselves is looked at before Arrow
unpacks them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from headstart.core.contracts.budget import Budget, unsafe
from headstart.core.errors import DataError
from headstart.data.opening.thrift import struct

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_FIX, _AGAIN = "fetch or write the file again", "write it again if you trust it"
_ROWS = 64  # rows unpacked at once
_MANY, _GROUP = 4096, 1 << 28  # and of flat columns, in groups of no more bytes
_TOGETHER = 1 << 26  # bytes of pages that are unpacked at once
_PAGE = 1 << 24  # bytes of a page that may unpack from next to nothing; programs write 1 MiB
_VALUES = 1 << 24  # of a page, likewise
_CELLS, _REPEATED = 1 << 26, 200  # bytes of all cells, and times the size of the file: equal cells are stored once
_HEAD, _LONGEST = 1 << 12, 1 << 22  # bytes of a page's header, which may hold its lowest and highest value
# Beside Arrow's own errors: dates that Python cannot hold, text that is no UTF-8, kinds that have no Python value.
_UNREADABLE = (OSError, ValueError, OverflowError, KeyError, TypeError, MemoryError, NotImplementedError,
               RecursionError)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns, and what the writer said beside them."""

    columns: list[str]
    facts: dict[bytes, bytes]


def header(path: Path, budget: Budget) -> Header:
    """What a file says of itself; DataError if it is none, or says more than it can hold."""
    with _opened(path, 261, "not a readable Parquet file") as file:
        budget.check_rows(file.metadata.num_rows, path.stat().st_size, path.name)
        budget.check_columns(len(file.schema_arrow.names), path.name)
        return Header(file.schema_arrow.names, file.schema_arrow.metadata or {})


def rows(path: Path, budget: Budget, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The cells of every row by column, of all columns or of these; DataError if the file is broken, or unpacks to far
    more than is in it."""
    packed, cells = path.stat().st_size, 0
    with _opened(path, 262, "the Parquet file is broken") as file:
        for group, chunks in enumerate(_chunks(path)):
            largest = _largest_page(path, chunks, columns, budget)
            size = max(1, min(_ROWS, _TOGETHER // max(1, largest)))
            for batch in file.iter_batches(size, row_groups=[group], columns=columns, use_threads=False):
                for row in batch.to_pylist():
                    cells += sum(len(value) for value in row.values() if isinstance(value, str | bytes))
                    if cells > max(_CELLS, _REPEATED * packed):
                        raise unsafe(f"cells of {cells:,} characters in {packed:,} bytes", path.name, _AGAIN)
                    yield row


def batches(path: Path, budget: Budget, columns: Sequence[str] | None = None) -> Iterator[dict[str, pa.Array[Any]]]:
    """The same rows by columns, some thousands at once. For columns that `are_flat`."""
    import pyarrow as pa

    packed, cells = path.stat().st_size, 0
    with _opened(path, 261, "not a readable Parquet file") as file:
        texts = [field.name for field in file.schema_arrow if pa.types.is_string(field.type)]
    # texts that come again stay codes until it is known how long they are
    with _opened(path, 262, "the Parquet file is broken", texts) as file:
        for group, chunks in enumerate(_chunks(path)):
            about = file.metadata.row_group(group)
            largest = _largest_page(path, chunks, columns, budget)
            many = about.total_byte_size <= _GROUP
            size = max(1, min(_MANY if many else _ROWS, _TOGETHER // max(1, largest if not many else _width(about))))
            for batch in file.iter_batches(size, row_groups=[group], columns=columns, use_threads=False):
                lengths = _lengths(batch)
                if cells + lengths.sum() > max(_CELLS, _REPEATED * packed):
                    after = cells + np.cumsum(lengths)
                    first = int(after[after > max(_CELLS, _REPEATED * packed)][0])
                    raise unsafe(f"cells of {first:,} characters in {packed:,} bytes", path.name, _AGAIN)
                cells += int(lengths.sum())
                yield {name: _decoded(batch.column(name)) for name in batch.schema.names}


def are_flat(path: Path, budget: Budget) -> bool:
    """Are all columns texts, numbers, truths or dates?"""
    import pyarrow as pa

    kinds = (pa.types.is_string, pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_temporal)
    with _opened(path, 261, "not a readable Parquet file") as file:
        return all(any(kind(field.type) for kind in kinds) for field in file.schema_arrow)


def numbers(column: pa.Array[Any], name: str, where: str) -> np.ndarray:
    """A column of numbers, or of lists of as many numbers each, as [n, k]; DataError for anything else."""
    import pyarrow as pa

    count, values = len(column), column
    lists = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    while any(kind(values.type) for kind in lists) and not values.null_count:
        values = values.flatten()
    kinds = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)
    if not any(kind(values.type) for kind in kinds) or (count and len(values) % count):
        raise DataError(886, "these are no numbers of steps", where=f"{where}, column {name}",
                        found=str(column.type),
                        expected="a number, or as many a step",
                        fix="fetch it again, or prepare with --skip-bad")  # fmt: skip
    found = values.to_numpy(zero_copy_only=False)
    return found.reshape(count, -1) if count else found.reshape(0, 1)


def _width(group: Any) -> int:
    """Bytes of a row."""
    return -(-group.total_byte_size // max(1, group.num_rows))


def _lengths(batch: pa.RecordBatch) -> np.ndarray:
    """Characters of the texts of each row, int64 [n]."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        if isinstance(column, pa.DictionaryArray):
            lengths = pc.call_function("utf8_length", [column.dictionary]).take(column.indices)
            found += lengths.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def _decoded(column: pa.Array[Any]) -> pa.Array[Any]:
    import pyarrow as pa

    return column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column


@contextmanager
def _opened(path: Path, code: int, what: str, coded: Sequence[str] = ()) -> Iterator[pq.ParquetFile]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # Without pre-buffering only the pages in use are in memory, not a whole row group.
        with pq.ParquetFile(path, memory_map=True, pre_buffer=False, read_dictionary=list(coded)) as file:
            yield file
    except (*_UNREADABLE, pa.ArrowException) as cause:
        found = str(cause).rstrip(".")
        raise DataError(code, what, where=path.name, found=found, fix=_FIX) from cause


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The pages of a column in a row group: where they begin and end in the file."""

    column: str
    begin: int
    end: int


def _chunks(path: Path) -> list[list[_Chunk]]:
    """Of each row group, as the end of the file says (apache/parquet-format, parquet.thrift). Arrow 26 ends the process
    where it is asked for a column whose histogram of levels is damaged: no error leaves that call. ValueError for what
    is no such end."""
    with path.open("rb") as file:
        file.seek(-8, os.SEEK_END)
        size = int.from_bytes(file.read(4), "little")
        file.seek(-8 - size, os.SEEK_END)
        data = file.read(size)
    try:
        fields, _ = struct(data, 0)
        return [[_chunk(one[3]) for one in group[1]] for group in fields.get(4, ())]
    except (IndexError, KeyError, TypeError, AttributeError) as cause:
        raise ValueError("the end of the file does not say where its columns are") from cause


def _chunk(about: dict[int, Any]) -> _Chunk:
    first, dictionary, size = about[9], about.get(11, 0), about[7]
    begin = dictionary if 0 < dictionary < first else first
    return _Chunk(about[3][0].decode(), _count(begin), begin + _count(size))


def _largest_page(path: Path, chunks: Sequence[_Chunk], columns: Sequence[str] | None, budget: Budget) -> int:
    """Bytes that the largest page of these columns unpacks to; DataError for one that unpacks to far too much."""
    largest = 0
    with path.open("rb") as file:
        for chunk in chunks:
            if columns is not None and chunk.column not in columns:
                continue
            place = chunk.begin
            while place < chunk.end:
                page = _page(file, place)
                ratio = budget.limits.ratio
                if page.unpacked > max(_PAGE, ratio * page.packed) or page.values > max(_VALUES, ratio * page.packed):
                    found = f"a page of {page.packed:,} bytes that unpacks to {page.unpacked:,}, {page.values:,} values"
                    raise unsafe(found, path.name, _AGAIN)
                largest, place = max(largest, page.unpacked), page.end
    return largest


@dataclass(frozen=True, slots=True)
class _Page:
    unpacked: int
    packed: int
    values: int
    end: int


def _page(file: IO[bytes], place: int) -> _Page:
    """The header of the page at a place; ValueError if it is none."""
    size = _HEAD
    while size <= _LONGEST:
        file.seek(place)
        data = file.read(size)
        try:
            fields, length = struct(data, 0)
            about = next((fields[key] for key in (5, 7, 8) if isinstance(fields.get(key), dict)), {})
            unpacked, packed, values = (_count(value) for value in (fields.get(2), fields.get(3), about.get(1, 0)))
            return _Page(unpacked, packed, values, place + length + packed)
        except IndexError:
            if len(data) < size:
                raise ValueError(f"the end within the header of a page at {place:,}") from None
            size *= 32
    raise ValueError(f"no header of a page at {place:,}")


def _count(value: Any) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError("a page without its size")
    return value
