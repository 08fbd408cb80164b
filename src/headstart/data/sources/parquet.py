"""Parquet tables: rows with an input column (bytes, a path, numbers, text), a label column, or both."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from headstart.core.errors import DataError
from headstart.data.reading.roles import Ask
from headstart.data.reading.table_columns import check_names, choose, example

_FIX = "fetch or write the file again"
_ROWS = 64  # rows unpacked at once
# Beside Arrow's own errors: dates that Python cannot hold, text that is no UTF-8, kinds that have no Python value.
_UNREADABLE = (OSError, ValueError, OverflowError, KeyError, TypeError, MemoryError, NotImplementedError)


class Parquet:
    """Rows of a Parquet file, one row group after the other. `input` and `target` name columns."""

    form: ClassVar = "table"
    order: ClassVar = 0

    def __init__(
        self, path: Path, *, input: str | None = None, target: str | None = None, ask: Ask | None = None
    ) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.path = path
        try:
            with pq.ParquetFile(path) as file:
                columns = file.schema_arrow.names
        except (*_UNREADABLE, pa.ArrowException) as cause:
            found = str(cause).rstrip(".")
            raise DataError(261, "not a readable Parquet file", where=path.name, found=found, fix=_FIX) from cause
        check_names(columns, path)
        self.roles = choose(columns, input=input, target=target, where=path.name, ask=ask)

    @classmethod
    def accepts(cls, given: object) -> bool:
        return isinstance(given, Path) and given.is_file() and given.suffix.lower() in (".parquet", ".pq")

    def examples(self) -> Iterator[dict[str, Any]]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            # Without pre-buffering only the pages in use are in memory, not a whole row group.
            with pq.ParquetFile(self.path, memory_map=True, pre_buffer=False) as file:
                row = 0
                for batch in file.iter_batches(_ROWS, use_threads=False):
                    for values in batch.to_pylist():
                        yield example(values, self.roles, f"{self.path.name}#{row}")
                        row += 1
        except (*_UNREADABLE, pa.ArrowException) as cause:
            found = str(cause).rstrip(".")
            raise DataError(262, "the Parquet file is broken", where=self.path.name, found=found, fix=_FIX) from cause
