"""Parquet tables: rows with an input column (bytes, a path, numbers, text), a label column, or both."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from headstart.core.contracts.account import Account
from headstart.core.errors import DataError
from headstart.data.reading.roles import Ask
from headstart.data.reading.table_columns import check_names, choose
from headstart.data.reading.table_rows import example, label_of

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
                columns, facts = file.schema_arrow.names, file.schema_arrow.metadata or {}
        except (*_UNREADABLE, pa.ArrowException) as cause:
            found = str(cause).rstrip(".")
            raise DataError(261, "not a readable Parquet file", where=path.name, found=found, fix=_FIX) from cause
        check_names(columns, path)
        self._classes = _class_names(facts.get(b"huggingface", b""))
        self.roles = choose(
            columns, input=input, target=target, where=path.name, ask=ask, rows=self._rows(None), folder=path.parent
        )

    @classmethod
    def accepts(cls, given: object) -> bool:
        return isinstance(given, Path) and given.is_file() and given.suffix.lower() in (".parquet", ".pq")

    def account(self) -> Account:
        return self.roles.account()

    def examples(self) -> Iterator[dict[str, Any]]:
        for row, values in enumerate(self._rows(None)):
            yield example(values, self.roles, f"{self.path.name}#{row}")

    def labels(self) -> Iterator[Any]:
        wanted = list(self.roles.labels)
        return (label_of(values, self.roles) for values in (self._rows(wanted) if wanted else ()))

    def _rows(self, columns: list[str] | None) -> Iterator[dict[str, Any]]:
        """The cells of every row by column, of all columns or of these."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            # Without pre-buffering only the pages in use are in memory, not a whole row group.
            with pq.ParquetFile(self.path, memory_map=True, pre_buffer=False) as file:
                for batch in file.iter_batches(_ROWS, columns=columns, use_threads=False):
                    for values in batch.to_pylist():
                        yield {name: _named(value, self._classes.get(name)) for name, value in values.items()}
        except (*_UNREADABLE, pa.ArrowException) as cause:
            found = str(cause).rstrip(".")
            raise DataError(262, "the Parquet file is broken", where=self.path.name, found=found, fix=_FIX) from cause


def _class_names(facts: bytes) -> dict[str, list[str]]:
    """The names of classes that stand as numbers in each column, as Hugging Face data sets write them."""
    try:
        features = json.loads(facts)["info"]["features"]
        kinds = {name: about.get("feature", about) for name, about in features.items()}
        return {name: list(about["names"]) for name, about in kinds.items() if about.get("_type") == "ClassLabel"}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _named(value: Any, names: list[str] | None) -> Any:
    """Numbers of classes as their names; -1 stands for a class that nobody knows."""
    if names is None or value is None:
        return value
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    return names[value] if isinstance(value, int) and 0 <= value < len(names) else None
