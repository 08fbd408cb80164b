"""SQLite databases, read only: which tables there are, and the rows of a table or of a query, one by one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError

_CELL = 64 << 20  # bytes of a cell
_MOST = 1000  # tables that are listed
_READS = frozenset((sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE))
_MAGIC = b"SQLite format 3\x00"
_LISTED = "SELECT name FROM sqlite_master WHERE type IN ({}) AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"


class Rows(NamedTuple):
    """The names of the columns, and the cells of every row."""

    columns: Sequence[str]
    cells: Iterator[Sequence[object]]


def is_database(path: Path) -> bool:
    """Is this a file of SQLite, by its first bytes?"""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def tables(path: Path, budget: Budget, *, views: bool = False) -> list[str]:
    """The tables of a database, and its views where these are asked for too. DataError if it cannot be read."""
    listed = _LISTED.format("'table', 'view'" if views else "'table'")
    with _opened(path) as connection:
        found = [str(name) for (name,) in connection.execute(listed).fetchmany(_MOST)]
    budget.check_columns(len(found), path.name)
    return found


def whole(table: str) -> str:
    """The query that gives all rows of a table."""
    return f'SELECT * FROM "{table.replace(chr(34), 2 * chr(34))}"'


@contextmanager
def rows(path: Path, query: str, budget: Budget) -> Iterator[Rows]:
    """What a query gives; it can only read. DataError for a query that is wrong, or would do more than read."""
    with _opened(path) as connection:
        found = connection.execute(query)
        columns = [str(one[0]) for one in found.description or ()]
        budget.check_columns(len(columns), path.name)
        yield Rows(columns, iter(found))


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that writes nothing, not even beside the file unless another program has begun a log there."""
    _check_whole(path)
    logged = path.with_name(f"{path.name}-wal").exists()
    place = f"file:{quote(str(path.absolute()))}?mode=ro{'' if logged else '&immutable=1'}"
    try:
        connection = sqlite3.connect(place, uri=True, check_same_thread=False)
    except sqlite3.Error as cause:
        raise _broken(path, cause) from cause
    try:
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _CELL)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _READS else sqlite3.SQLITE_DENY)
        yield connection
    except (sqlite3.Error, sqlite3.Warning, OverflowError, MemoryError) as cause:
        raise _broken(path, cause) from cause
    finally:
        connection.close()


def _check_whole(path: Path) -> None:
    """DataError for a file that is cut short: what is missing would be read as no rows."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
        size = path.stat().st_size
    except OSError as cause:
        raise _broken(path, cause) from cause
    pages = int.from_bytes(head[28:32], "big") if head[24:28] == head[92:96] else 0
    whole_size = {1: 1 << 16}.get(one := int.from_bytes(head[16:18], "big"), one) * pages
    if size < whole_size:
        raise _broken(path, EOFError(f"{size:,} of {whole_size:,} bytes"))


def _broken(path: Path, cause: BaseException) -> DataError:
    fix = "name a table or a query that only reads, or use an intact copy of the file"
    return DataError(772, "the database cannot be read", where=path.name, found=str(cause)[:200], fix=fix)
