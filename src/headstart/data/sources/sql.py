"""Databases: a table or a query of an SQLite file, or of a server, which are only read."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError, UsageError, nearest
from headstart.data.file_names import is_database_url, without_password
from headstart.data.opening import database, database_server
from headstart.data.reading.roles import Ask
from headstart.data.reading.table_columns import check_names, choose
from headstart.data.reading.table_rows import example, label_of

_Open = Callable[[], AbstractContextManager[database.Rows]]
_ENDINGS = (".db", ".sqlite", ".sqlite3", ".db3")


class Sql:
    """Rows of `sqlite:///clients.db?table=clients`, of `sqlite:///clients.db?query=SELECT ...`, or of a database file
    with one table. `input` and `target` name columns. An absolute path has four slashes: `sqlite:////data/clients.db`.
    Addresses of other databases go to SQLAlchemy: `postgresql://me:secret@host/shop?table=clients`.
    """

    form: ClassVar = "table"
    order: ClassVar = 0

    def __init__(
        self, given: Path | str, access: Access, *, input: str | None = None, target: str | None = None,
        ask: Ask | None = None,
    ) -> None:  # fmt: skip
        self._name, folder, self._open = _opener(given, access.budget)
        with self._open() as found:
            columns = found.columns
        check_names(columns, Path(self._name))
        self.roles = choose(
            columns, input=input, target=target, where=self._name, ask=ask, rows=self._rows(), folder=folder
        )

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
        return (example(cells, self.roles, f"{self._name}#{number}") for number, cells in enumerate(self._rows()))

    def labels(self) -> Iterator[Any]:
        return (label_of(cells, self.roles) for cells in (self._rows() if self.roles.labels else ()))

    def _rows(self) -> Iterator[dict[str, Any]]:
        with self._open() as found:
            for cells in found.cells:
                yield dict(zip(found.columns, cells, strict=True))


def _opener(given: Path | str, budget: Budget) -> tuple[str, Path | None, _Open]:
    """What rows are called by, the folder that paths in them begin at, and how they are read once more."""
    if isinstance(given, str) and urlsplit(given).scheme != "sqlite":
        name = urlsplit(without_password(given)).path.strip("/") or "database"
        return name, None, partial(database_server.rows, given, budget)
    path, query = (given, _of_file(given, budget)) if isinstance(given, Path) else _of_url(given, budget)
    return path.name, path.parent, partial(database.rows, path, query, budget)


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
