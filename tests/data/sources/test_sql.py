"""Tables and queries of SQLite databases: what is read, and that nothing is written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from headstart.commands.common.request import data_table
from headstart.core.errors import DataError, UsageError
from headstart.data.file_names import without_password
from headstart.data.prepare import prepare, taken
from headstart.data.reading.described import described
from tests.helpers.databases import database

CLIENTS = [["age", "town", "left"], *[[n * 1.5, "ab"[n % 2], "yn"[n % 3 == 0]] for n in range(60)]]
OTHERS = [["age", "left"], *[[n * 1.5, "yn"[n % 2]] for n in range(40)]]


def test_a_file_with_one_table_is_read_as_it_is(tmp_path: Path) -> None:
    store = prepare(database(tmp_path / "t.sqlite", {"clients": CLIENTS}), tmp_path / "out", target="left")
    assert store.manifest["modality"] == "table"
    assert sum(store.splits.values()) == 60
    assert store.origins("train")[0].startswith("t.sqlite#")


def test_a_table_and_a_query_are_named_by_their_address(tmp_path: Path) -> None:
    path = database(tmp_path / "t.db", {"clients": CLIENTS, "others": OTHERS})
    with pytest.raises(UsageError, match="which table"):
        taken(path)
    assert sum(prepare(f"sqlite:///{path}?table=others", tmp_path / "a", target="left").splits.values()) == 40
    query = "SELECT age, town, left FROM clients WHERE age >= 30"
    store = prepare(f"sqlite:///{path}?query={query}", tmp_path / "b", target="left")
    assert sum(store.splits.values()) == 40


def test_a_view_is_read_where_it_is_named(tmp_path: Path) -> None:
    path = database(tmp_path / "t.db", {"clients": CLIENTS})
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE VIEW old AS SELECT * FROM clients WHERE age > 45")
        connection.commit()
    assert sum(prepare(path, tmp_path / "a", target="left").splits.values()) == 60
    assert sum(prepare(f"sqlite:///{path}?table=old", tmp_path / "b", target="left").splits.values()) == 29


@pytest.mark.parametrize(
    "query",
    ["DELETE FROM clients", "DROP TABLE clients", "PRAGMA user_version = 7", "ATTACH 'x' AS x", "VACUUM INTO 'x.db'"],
)
def test_a_query_can_only_read(tmp_path: Path, query: str) -> None:
    path = database(tmp_path / "t.db", {"clients": CLIENTS})
    before = path.read_bytes()
    with pytest.raises(DataError, match="cannot be read"):
        taken(f"sqlite:///{path}?query={query}", target="left")
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["t.db"]


def test_other_databases_are_read_through_sqlalchemy(tmp_path: Path) -> None:
    """SQLite by the address that SQLAlchemy has for it stands for a server."""
    path = database(tmp_path / "t.db", {"clients": CLIENTS, "others": OTHERS})
    before, address = path.read_bytes(), f"sqlite+pysqlite:///{path}"
    with pytest.raises(UsageError, match="which table") as asked:
        taken(address)
    assert f"'{address}?table=others'" in asked.value.line()
    ours = prepare(f"sqlite:///{path}?table=clients", tmp_path / "a", target="left")
    theirs = prepare(f"{address}?table=clients", tmp_path / "b", target="left")
    assert theirs.splits == ours.splits
    assert np.array_equal(theirs.take(theirs.rows("train"))["x"], ours.take(ours.rows("train"))["x"], equal_nan=True)
    query = f"{address}?query=SELECT age, left FROM clients WHERE age >= 30"
    assert sum(prepare(query, tmp_path / "c", target="left").splits.values()) == 40
    with pytest.raises(DataError, match="no such table"):
        taken(f"{address}?table=nobody")
    assert path.read_bytes() == before


def test_users_and_passwords_are_not_shown() -> None:
    address = "mysql+pymysql://me:secret@host/db?table=clients"
    assert list(described(address)) == ["mysql+pymysql://host/db?table=clients"]
    with pytest.raises(UsageError) as refused:
        taken(address)
    assert "secret" not in refused.value.line()
    assert data_table(address)["data.source"] == ["mysql+pymysql://host/db?table=clients"]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://me:p@ss:w@host:5432/shop?query=SELECT a@b", "postgresql://host:5432/shop?query=SELECT a@b"),
        ("mssql+pyodbc://host/shop?user=me&pwd=p@s&table=a", "mssql+pyodbc://host/shop?user=***&pwd=***&table=a"),
        ("sqlite:///t.db?table=a", "sqlite:///t.db?table=a"),
        ("text with user=me", "text with user=me"),
    ],
)
def test_secrets_of_addresses(address: str, shown: str) -> None:
    assert without_password(address) == shown


def test_text_that_is_no_utf8_is_read_with_marks(tmp_path: Path) -> None:
    path = database(tmp_path / "t.db", {"clients": CLIENTS})
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE clients SET town = CAST(x'ff61' AS TEXT) WHERE age < 3")
        connection.commit()
    assert sum(prepare(path, tmp_path / "out", target="left").splits.values()) == 60
