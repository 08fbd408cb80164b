"""Columns beside those that models see, of prepared rows: ids, names that are too many to be categories, and dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

NAME = "apart.parquet"


@dataclass(frozen=True, slots=True)
class Apart:
    """One column of some rows.

    codes    int64 [n], equal for equal cells, -1 where a cell is missing
    numbers  float64 [n]: the number that a cell is or ends with, the days since 1970 of dates; NaN where there is none
    dates    are these moments?
    """

    codes: np.ndarray
    numbers: np.ndarray
    dates: bool


def write(directory: Path, columns: Mapping[str, Apart]) -> None:
    """apart.parquet: a column of codes and one of numbers for each; nothing without."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not columns:
        return
    arrays = [pa.array(one.codes, pa.int64()) for one in columns.values()]
    arrays += [pa.array(one.numbers, pa.float64()) for one in columns.values()]
    fields = [pa.field(_readable(name), pa.int64(), metadata={"dates": "yes"} if one.dates else None)
              for name, one in columns.items()]  # fmt: skip
    fields += [pa.field(f"{_readable(name)} as number", pa.float64()) for name in columns]
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), directory / NAME)


def of_table(table: Any, rows: np.ndarray) -> dict[str, Apart]:
    """The columns of a table that `write` wrote, for the rows of these numbers."""
    count = table.num_columns // 2
    found = dict[str, Apart]()
    for place, field in enumerate(table.schema):
        if place < count:
            codes = table.column(place).to_numpy().astype(np.int64)[rows]
            numbers = table.column(place + count).to_numpy().astype(np.float64)[rows]
            found[field.name] = Apart(codes, numbers, b"dates" in (field.metadata or {}))
    return found


def _readable(name: str) -> str:
    """A name that can be stored as UTF-8."""
    return name.encode("utf-8", "replace").decode("utf-8")
