"""Databases: a table or a query of an SQLite file, which is only read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError, UsageError, nearest
from headstart.data.file_names import is_database_url, without_password
from headstart.data.opening import database
from headstart.data.reading.roles import Ask
from headstart.data.reading.table_columns import check_names, choose
from headstart.data.reading.table_rows import example, label_of

_ENDINGS = (".db", ".sqlite", ".sqlite3", ".db3")


class Sql:
    """Rows of `sqlite:///clients.db?table=clients`, of `sqlite:///clients.db?query=SELECT ...`, or of a database file
    with one table. `input` and `target` name columns. An absolute path has four slashes: `sqlite:////data/clients.db`.
    """

    form: ClassVar = "table"
    order: ClassVar = 0

    def __init__(
        self, given: Path | str, access: Access, *, input: str | None = None, target: str | None = None,
        ask: Ask | None = None,
    ) -> None:  # fmt: skip
        self._budget = access.budget
        self.path, self._query = (
            (given, _of_file(given, access.budget)) if isinstance(given, Path) else _of_url(given, access.budget)
        )
        with database.rows(self.path, self._query, self._budget) as found:
            columns = found.columns
        check_names(columns, self.path)
        self.roles = choose(
            columns, input=input, target=target, where=self.path.name, ask=ask, rows=self._rows(),
            folder=self.path.parent,
        )  # fmt: skip

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        if isinstance(given, str):
            return is_database_url(given)
        if not isinstance(given, Path) or given.suffix.lower() not in _ENDINGS:
            return False
        return given.is_file() and database.is_database(given)

    def account(self) -> Account:
        return self.roles.account()

    def examples(self) -> Iterator[dict[str, Any]]:
        return (example(cells, self.roles, f"{self.path.name}#{number}") for number, cells in enumerate(self._rows()))

    def labels(self) -> Iterator[Any]:
        return (label_of(cells, self.roles) for cells in (self._rows() if self.roles.labels else ()))

    def _rows(self) -> Iterator[dict[str, Any]]:
        with database.rows(self.path, self._query, self._budget) as found:
            for cells in found.cells:
                yield dict(zip(found.columns, cells, strict=True))


def _of_file(path: Path, budget: Budget) -> str:
    """All rows of the only table of a file."""
    known = database.tables(path, budget)
    if len(known) == 1:
        return database.whole(known[0])
    if not known:
        raise DataError(774, "the database has no table", where=path.name, fix="give a file with a table")
    fix = "name one, as " + " or ".join(f"'sqlite:///{path}?table={name}'" for name in known[:4])
    raise UsageError(773, "which table of the database is meant", where=path.name, found=", ".join(known[:20]), fix=fix)


def _of_url(url: str, budget: Budget) -> tuple[Path, str]:
    """The file and the query of an address."""
    parts, shown = urlsplit(url), without_password(url)
    if parts.scheme != "sqlite":
        fix = "save the rows as CSV or Parquet, or give the DataFrame of pandas.read_sql in Python"
        raise UsageError(775, "only databases of SQLite are read", where=shown, found=parts.scheme, fix=fix)
    path, asked = Path(unquote(parts.path[1:])), parse_qs(parts.query)
    if parts.netloc or not parts.path[1:] or set(asked) - {"table", "query"} or len(asked) > 1:
        fix = "write sqlite:///FILE?table=NAME or sqlite:///FILE?query=SELECT..., with % as %25, + as %2B and & as %26"
        raise UsageError(776, "the address of the database cannot be read", where=shown, fix=fix)
    if not path.is_file():
        fix = "check the path; an absolute one has four slashes, as in sqlite:////data/clients.db"
        raise UsageError(777, "no such database", where=str(path), fix=fix)
    if "query" in asked:
        return path, asked["query"][0]
    if "table" not in asked:
        return path, _of_file(path, budget)
    name, known = asked["table"][0], database.tables(path, budget, views=True)
    if name not in known:
        raise DataError(778, "no such table", where=path.name, found=f"'{name}'", fix=nearest(name, known))
    return path, database.whole(name)
