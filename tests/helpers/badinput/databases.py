"""Bad databases, and addresses of databases."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

import sqlite3
from contextlib import closing

from tests.helpers.badinput.case import Build, Case, nothing, one
from tests.helpers.databases import packed

CLIENTS = [["age", "town", "left"], *[[n * 1.5, "ab"[n % 2], "yn"[n % 3 == 0]] for n in range(40)]]


def stored(*names: str) -> Build:
    """A database of so many tables."""
    return one("t.db", packed(dict.fromkeys(names, CLIENTS)))


def emptied() -> bytes:
    """A database whose only table was dropped."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE a (b)")
        connection.execute("DROP TABLE a")
        connection.commit()
        return connection.serialize()


def prepare(source: str) -> str:
    return f"prepare '{source}' --target left --out out --quiet"


CASES = [
    Case("database that is cut short", one("t.db", packed({"a": CLIENTS})[:5000]), prepare("t.db"), "error[HS-D772]: t.db: the database cannot be read: found 5,000 of 8,192 bytes. fix: name a table or a query that only reads, or use an intact copy of the file", 65, "sql"),
    Case("damaged database", one("t.db", packed({"a": CLIENTS})[:4096] + 4096 * b"\xff"), prepare("t.db"), "error[HS-D772]: t.db: the database cannot be read: found database disk image is malformed. fix: name a table or a query that only reads, or use an intact copy of the file", 65, "sql"),
    Case("query that writes", stored("a"), prepare("sqlite:///t.db?query=DELETE FROM a"), "error[HS-D772]: t.db: the database cannot be read: found not authorized. fix: name a table or a query that only reads, or use an intact copy of the file", 65, "sql"),
    Case("query of another file", stored("a"), prepare("sqlite:///t.db?query=ATTACH 'u.db' AS u"), "error[HS-D772]: t.db: the database cannot be read: found not authorized. fix: name a table or a query that only reads, or use an intact copy of the file", 65, "sql"),
    Case("database of several tables", stored("a", "b"), prepare("t.db"), "error[HS-U773]: t.db: which table of the database is meant: found a, b. fix: name one, as 'sqlite:///t.db?table=a' or 'sqlite:///t.db?table=b'", 2, "sql"),
    Case("database without a table", one("t.db", emptied()), prepare("t.db"), "error[HS-D774]: t.db: the database has no table. fix: give a file with a table", 65, "sql"),
    Case("database whose driver is not installed", nothing, prepare("mysql+pymysql://me:secret@host/db?table=a"), "error[HS-U779]: mysql+pymysql://host/db?table=a: the driver of the database is not installed: found pymysql. fix: install it with pip, or save the rows as CSV or Parquet, or give the DataFrame of pandas.read_sql in Python", 2, "sql"),
    Case("address of no kind of database", nothing, prepare("postgresql+none://me:secret@host/db?table=a"), "error[HS-U776]: postgresql+none://host/db?table=a: the address of the database cannot be read. fix: write the address as SQLAlchemy does, with ?table=NAME or ?query=SELECT... behind it", 2, "sql"),
    Case("query of another database that writes", stored("a"), prepare("sqlite+pysqlite:///t.db?query=DELETE FROM a"), "error[HS-D772]: sqlite+pysqlite:///t.db?query=DELETE FROM a: the database cannot be read: found delete. fix: give a query that begins with SELECT or WITH", 65, "sql"),
    Case("address of a database with an option of its own", stored("a"), prepare("sqlite:///t.db?mode=rw"), "error[HS-U776]: sqlite:///t.db?mode=rw: the address of the database cannot be read. fix: write sqlite:///FILE?table=NAME or sqlite:///FILE?query=SELECT..., with % as %25, + as %2B and & as %26", 2, "sql"),
    Case("database that is not there", nothing, prepare("sqlite:///t.db?table=a"), "error[HS-U777]: t.db: no such database. fix: check the path; an absolute one has four slashes, as in sqlite:////data/clients.db", 2, "sql"),
    Case("table that is not there", stored("clients"), prepare("sqlite:///t.db?table=client"), "error[HS-D778]: t.db: no such table: found 'client'. fix: did you mean 'clients'?", 65, "sql"),
]  # fmt: skip
