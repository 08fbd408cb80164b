"""SQLite databases for tests."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any


def packed(tables: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    """The bytes of a database of these tables, whose first row has the names of the columns."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for name, (head, *rows) in tables.items():
            columns = ", ".join(f'"{one}"' for one in head)
            connection.execute(f'CREATE TABLE "{name}" ({columns})')
            connection.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(head))})', rows)
        connection.commit()
        return connection.serialize()


def database(path: Path, tables: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """A file of them."""
    path.write_bytes(packed(tables))
    return path
