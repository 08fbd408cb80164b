"""Excel workbooks: the first sheet that is shown and has rows, as a table."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError
from headstart.data.opening import sheet
from headstart.data.reading.csv_form import column_names
from headstart.data.reading.roles import Ask
from headstart.data.reading.table_columns import check_names, choose
from headstart.data.reading.table_rows import example, label_of


class Excel:
    """Rows of a sheet below its header. `input` and `target` name columns."""

    form: ClassVar = "table"
    order: ClassVar = 0

    def __init__(
        self, path: Path, access: Access, *, input: str | None = None, target: str | None = None, ask: Ask | None = None
    ) -> None:
        self.path, self._budget = path, access.budget
        self._sheets = sheet.sheets(path, access.budget)
        self._sheet, self._header = self._first()
        check_names(self._header, path)
        self.roles = choose(
            self._header, input=input, target=target, where=path.name, ask=ask, rows=self._cells(), folder=path.parent
        )

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return isinstance(given, Path) and given.is_file() and given.suffix.lower() in (".xlsx", ".xlsm")

    def account(self) -> Account:
        found = self.roles.account()
        if len(self._sheets) == 1:
            return found
        others = tuple(f"sheet {name}" for name in self._sheets if name != self._sheet)
        return replace(found, used=(Used(what=f"sheet {self._sheet}"), *found.used), unused=(*found.unused, *others))

    def examples(self) -> Iterator[dict[str, Any]]:
        for line in self._lines():
            origin = f"{self.path.name}:{line.number}"
            if len(line.cells) > len(self._header):
                found, expected = f"{len(line.cells)} cells", f"{len(self._header)} as in the header"
                fix = "give every column a name in the first row, or prepare with --skip-bad"
                bad = DataError(
                    255, "the row does not fit the table", where=origin, found=found, expected=expected, fix=fix
                )
                yield {"input": bad, "origin": origin}
            else:
                yield example(self._named(line), self.roles, origin)

    def labels(self) -> Iterator[Any]:
        return (label_of(row, self.roles) for row in (self._cells() if self.roles.labels else ()))

    def _first(self) -> tuple[str, list[str]]:
        """The first sheet with a header, and that."""
        for name in self._sheets:
            for line in sheet.lines(self.path, name, self._budget):
                return name, column_names(["" if cell is None else str(cell) for cell in line.cells])
        raise DataError(253, "the table is empty", where=self.path.name, expected="a header line")

    def _lines(self) -> Iterator[sheet.Line]:
        lines = sheet.lines(self.path, self._sheet, self._budget)
        next(lines, None)
        return lines

    def _cells(self) -> Iterator[dict[str, Any]]:
        return (self._named(line) for line in self._lines() if len(line.cells) <= len(self._header))

    def _named(self, line: sheet.Line) -> dict[str, Any]:
        missing = [None] * (len(self._header) - len(line.cells))
        return dict(zip(self._header, [*line.cells, *missing], strict=True))
