"""Databases that SQLAlchemy, which is an extra, connects to: the rows of a table or of a query, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError, UsageError
from headstart.data.file_names import without_password
from headstart.data.opening.database import Rows

if TYPE_CHECKING:
    from sqlalchemy import Connection

_TABLE, _QUERY = _ASKED = ("table", "query")
_READS = ("select", "with", "values", "table", "show")
_HELD = 1_000  # rows that are fetched at a time
_FIX = "save the rows as CSV or Parquet, or give the DataFrame of pandas.read_sql in Python"


@contextmanager
def rows(address: str, budget: Budget) -> Iterator[Rows]:
    """What `table=` or `query=` of an address gives; nothing is committed. UsageError without SQLAlchemy or the driver
    of the database, DataError where it cannot be read."""
    try:
        import sqlalchemy
        from sqlalchemy.exc import DBAPIError, SQLAlchemyError
    except ImportError as cause:
        fix = f'pip install "headstart[sql]", or {_FIX}'
        raise UsageError(775, "SQLAlchemy is not installed", where=without_password(address), fix=fix) from cause
    shown = without_password(address)
    try:
        url = sqlalchemy.make_url(address)
        asked = {name: str(url.query[name]) for name in _ASKED if name in url.query}
        engine = sqlalchemy.create_engine(url.difference_update_query(_ASKED))
    except ImportError as cause:
        fix = f"install it with pip, or {_FIX}"
        found = cause.name or str(cause)
        raise UsageError(779, "the driver of the database is not installed", where=shown, found=found,
                         fix=fix) from cause  # fmt: skip
    except SQLAlchemyError as cause:
        fix = "write the address as SQLAlchemy does, with ?table=NAME or ?query=SELECT... behind it"
        raise UsageError(776, "the address of the database cannot be read", where=shown, fix=fix) from cause
    try:
        with engine.connect() as connection:
            statement = _statement(connection, asked, shown)
            found = connection.execution_options(stream_results=True, max_row_buffer=_HELD).execute(statement)
            columns = list(found.keys())
            budget.check_columns(len(columns), shown)
            yield Rows(columns, (tuple(one) for one in found))
            connection.rollback()
    except SQLAlchemyError as cause:
        said = cause.orig if isinstance(cause, DBAPIError) else cause
        fix = "name a table or a query that only reads, and check that the database answers"
        found = " ".join(str(said).split())[:200]
        raise DataError(772, "the database cannot be read", where=shown, found=found, fix=fix) from cause
    finally:
        engine.dispose()


def _statement(connection: Connection, asked: Mapping[str, str], shown: str) -> Any:
    """The query that was asked for, or that of all rows of a table."""
    import sqlalchemy

    if _QUERY in asked:
        first = (asked[_QUERY].split() or [""])[0].lower()
        if first not in _READS:
            fix = "give a query that begins with SELECT or WITH"
            raise DataError(772, "the database cannot be read", where=shown, found=first, fix=fix)
        return sqlalchemy.text(asked[_QUERY])
    name = asked.get(_TABLE)
    if name is None:
        known = sqlalchemy.inspect(connection).get_table_names()
        if not known:
            raise DataError(774, "the database has no table", where=shown, fix="name one: ?table=SCHEMA.NAME")
        if len(known) > 1:
            mark = "&" if "?" in shown else "?"
            fix = "name one, as " + " or ".join(f"'{shown}{mark}table={one}'" for one in known[:4])
            found = ", ".join(known[:20])
            raise UsageError(773, "which table of the database is meant", where=shown, found=found, fix=fix)
        name = known[0]
    schema, _, table = name.rpartition(".")
    return sqlalchemy.select(sqlalchemy.text("*")).select_from(sqlalchemy.table(table, schema=schema or None))
