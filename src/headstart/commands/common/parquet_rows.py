"""Parquet, written some rows at a time; columns and types follow from the rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


class ParquetRows:
    """Parquet. Where later rows have further columns or other types, what is written so far gets them, too."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        self._path, self._at, self._schema = path, path, pa.schema([])
        self._numbers = count(1)
        self._writer: Any = None

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        names = dict.fromkeys([*self._schema.names, *(name for row in rows for name in row)])
        block = {name: _column([row.get(name) for row in rows]) for name in names}
        self._fit(_common(self._schema, block))
        self._writer.write_table(_as(block, self._schema))

    def close(self) -> None:
        import pyarrow as pa

        if self._writer is None:
            self._fit(pa.schema([("origin", pa.string())]))
        assert self._writer is not None
        self._writer.close()
        if self._at != self._path:
            self._at.replace(self._path)

    def _fit(self, schema: pa.Schema) -> None:
        import pyarrow.parquet as pq

        if self._writer is None:
            self._writer = pq.ParquetWriter(self._at, schema)
        elif not schema.equals(self._schema):
            self._writer.close()
            narrow, self._at = self._at, self._path.with_name(f"{self._path.name}.{next(self._numbers)}")
            self._writer = pq.ParquetWriter(self._at, schema)
            with pq.ParquetFile(narrow) as file:
                for batch in file.iter_batches():
                    block = dict(zip(batch.schema.names, batch.columns, strict=True))
                    self._writer.write_table(_as(block, schema))
            narrow.unlink()
        self._schema = schema


def _column(values: list[Any]) -> pa.Array:
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):  # numbers beside texts
        return pa.array([None if value is None else _text(value) for value in values], pa.string())


def _common(schema: pa.Schema, block: Mapping[str, pa.Array]) -> pa.Schema:
    """A type for each column that holds what was written and what comes; text where there is no other."""
    import pyarrow as pa

    fields = []
    for name, column in block.items():
        known = schema.field(name).type if name in schema.names else pa.null()
        try:
            one, other = (pa.schema([(name, kind)]) for kind in (known, column.type))
            fields.append(pa.unify_schemas([one, other], promote_options="permissive").field(0))
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            fields.append(pa.field(name, pa.string()))
    return pa.schema(fields)


def _as(block: Mapping[str, pa.Array], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    rows, columns = len(next(iter(block.values()))), []
    for field in schema:
        column = block.get(field.name, pa.nulls(rows))
        try:
            columns.append(column.cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            texts = [None if value is None else _text(value) for value in column.to_pylist()]
            columns.append(pa.array(texts, field.type))
    return pa.Table.from_arrays(columns, schema=schema)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
