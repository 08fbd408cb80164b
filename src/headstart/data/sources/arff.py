"""ARFF tables, as Weka and OpenML write them, plain or compressed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account
from headstart.core.errors import DataError
from headstart.data.labels.spelling import Cell
from headstart.data.opening.compressed import inner_name
from headstart.data.reading.arff_form import attributes, lines
from headstart.data.reading.roles import Ask
from headstart.data.reading.table_columns import check_names, choose
from headstart.data.reading.table_rows import example, label_of


class Arff:
    """Rows of an ARFF file. `input` and `target` name attributes, or count them from 1; the usual names are found.

    A cell "?" is missing. A sparse row, and one with too few or too many cells, is unreadable.
    """

    form: ClassVar = "table"
    order: ClassVar = 1

    def __init__(
        self, path: Path, access: Access, *, input: str | None = None, target: str | None = None, ask: Ask | None = None
    ) -> None:
        self.path, self._budget = path, access.budget
        self._names = attributes(path, access.budget)
        check_names(self._names, path)
        self.roles = choose(
            self._names, input=input, target=target, where=path.name, ask=ask, rows=self._rows(), folder=path.parent
        )

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return isinstance(given, Path) and given.is_file() and inner_name(given).endswith(".arff")

    def account(self) -> Account:
        return self.roles.account()

    def examples(self) -> Iterator[dict[str, Any]]:
        for line in lines(self.path, self._budget):
            origin = f"{self.path.name}:{line.number}"
            error = line.error
            if error is None and len(line.cells) != len(self._names):
                error = DataError(
                    255, "the row does not fit the table", where=origin, found=f"{len(line.cells)} cells",
                    expected=f"{len(self._names)} as in the header",
                    fix="quote cells that hold the delimiter, or prepare with --skip-bad",
                )  # fmt: skip
            if error is not None:
                yield {"input": error, "origin": origin}
                continue
            row: dict[str, Any] = dict(zip(self._names, line.cells, strict=True))
            yield example({**row, **self._labels(row)}, self.roles, origin)

    def labels(self) -> Iterator[Any]:
        return (label_of({**row, **self._labels(row)}, self.roles) for row in self._rows())

    def _labels(self, row: dict[str, Any]) -> dict[str, Any]:
        return {name: None if row[name] is None else Cell(row[name]) for name in self.roles.labels}

    def _rows(self) -> Iterator[dict[str, Any]]:
        for line in lines(self.path, self._budget):
            if line.error is None and len(line.cells) == len(self._names):
                yield dict(zip(self._names, line.cells, strict=True))
