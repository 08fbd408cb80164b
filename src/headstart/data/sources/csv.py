"""CSV and TSV tables, plain or compressed: rows with an input column, a label column, or both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account
from headstart.core.contracts.blocks import Portion
from headstart.core.errors import DataError
from headstart.data.alphabets import is_sequence
from headstart.data.labels.numbers import plain_number
from headstart.data.labels.spelling import Cell
from headstart.data.opening.compressed import inner_name
from headstart.data.reading import column_blocks
from headstart.data.reading.csv_blocks import Texts, portions
from headstart.data.reading.csv_form import Record, column_names, fitted, table_form
from headstart.data.reading.headerless import is_like_rows
from headstart.data.reading.portions import Portioned
from headstart.data.reading.roles import Ask
from headstart.data.reading.table_columns import Roles, check_names, choose, is_usual
from headstart.data.reading.table_rows import example, kept, label_of

if TYPE_CHECKING:
    from headstart.core.contracts import Example

_LOOK = 1000  # rows looked at to tell whether the first line is one of them
_NO_HEADER = "the first line is read as a row: it holds no names of columns, which go by their numbers"
_ODD = "rows have quotes that do not enclose a cell and were read as letters"


class Csv:
    """Rows of a table. `input` and `target` name columns, or count them from 1; the usual names are found.

    The first line is the header, unless its cells are like those below, a cell of it is a sequence, or columns are
    given by number and it looks like a row: its target cell is a number or occurs again below or, without a target,
    none of its cells is a usual name of a column.

    Labels are texts without a type: what they mean, all labels together say (`reading.label_column`). A row
    with too few or too many cells is unreadable, too. How the table is written, `reading.csv_form` tells; in a .tsv a
    quote is a quote, unless every cell that begins with one ends with one.
    """

    form: ClassVar = "table"
    order: ClassVar = 1

    def __init__(
        self, path: Path, access: Access, *, input: str | None = None, target: str | None = None, ask: Ask | None = None
    ) -> None:
        self.path, self._budget = path, access.budget
        self._form = table_form(path, access.budget)
        self._header = column_names(next((record.cells for record in self._form.records(path, access.budget)), []))
        self._begin = 1
        learned = ask.learned if ask is not None and input is None else None
        if self._is_row(input if learned is None else ",".join(learned.inputs), target):
            self._header, self._begin = [str(number + 1) for number in range(len(self._header))], 0
        if not self._header:
            raise DataError(253, "the table is empty", where=path.name, expected="a header line")
        check_names(self._header, path)
        self.roles = choose(
            self._header,
            input=input,
            target=target,
            where=path.name,
            ask=ask,
            rows=self._named_rows(),
            folder=path.parent,
        )

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return isinstance(given, Path) and given.is_file() and inner_name(given).endswith((".csv", ".tsv", ".data"))

    def account(self) -> Account:
        found = self.roles.account()
        return found if self._begin else replace(found, notes=(*found.notes, _NO_HEADER))

    def examples(self) -> Iterator[Example]:
        if column_blocks.suits(self.roles):
            return Portioned(self._portions())
        return (self._example(record) for record in self._records())

    def _portions(self) -> Iterator[Portion]:
        for portion in self._read():
            if isinstance(portion, Texts):
                columns = dict(zip(self._header, portion.columns, strict=True))
                lines = range(portion.line, portion.line + len(portion))
                origins = [f"{self.path.name}:{line}" for line in lines]
                yield column_blocks.block(columns, self.roles, origins, typed=False)
            else:
                yield [self._example(record) for record in portion]

    def _example(self, record: Record) -> Example:
        roles: Roles = self.roles
        line, cells, odd = record
        origin = f"{self.path.name}:{line}"
        if len(cells) != len(self._header):
            found, expected = f"{len(cells)} cells", f"{len(self._header)} as in the header"
            bad = DataError(
                255, "the row does not fit the table", where=origin, found=found, expected=expected,
                fix="quote cells that hold the delimiter, or prepare with --skip-bad",
            )  # fmt: skip
            return {"input": bad, "origin": origin, **kept(dict(zip(self._header, cells, strict=False)), roles)}
        row: dict[str, Any] = dict(zip(self._header, cells, strict=True))
        row.update({name: Cell(row[name]) for name in roles.labels})
        made = example(row, roles, origin)
        return {**made, "repaired": {_ODD: 1}} if odd else made

    def _is_row(self, input: str | None, target: str | None) -> bool:
        """Does the first line hold data rather than names of columns?"""
        if any(is_sequence(name) for name in self._header):  # DNA and proteins are names of nothing
            return True
        if is_like_rows(self._header, [cells for _, cells in islice(self._rows(), _LOOK)]):
            return True
        named = [target, *([input] if input in self._header else (input or "").split(","))]
        numbers = [name for name in named if name and name not in self._header]
        if not numbers or not all(name.isdecimal() and 0 < int(name) <= len(self._header) for name in numbers):
            return False
        if target not in numbers:
            return not any(is_usual(name) for name in self._header)
        place = int(numbers[0]) - 1
        first = self._header[place]
        below = (cells[place] for _, cells in islice(self._rows(), _LOOK) if len(cells) > place)
        return plain_number(first) is not None or first in below

    def labels(self) -> Iterator[Any]:
        places = {name: self._header.index(name) for name in self.roles.labels}
        for portion in self._read([*places.values()]) if places else ():
            if isinstance(portion, Texts):
                rows = zip(*(column.to_pylist() for column in portion.columns), strict=True)
            else:
                fit = (cells for _, cells, _ in portion if len(cells) == len(self._header))
                rows = ([cells[place] for place in places.values()] for cells in fit)
            for cells in rows:
                yield label_of(dict(zip(places, map(Cell, cells), strict=True)), self.roles)

    def _named_rows(self) -> Iterator[dict[str, str]]:
        return (
            dict(zip(self._header, cells, strict=True)) for _, cells in self._rows() if len(cells) == len(self._header)
        )

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        return ((line, cells) for line, cells, _ in self._records())

    def _records(self) -> Iterator[Record]:
        return map(self._fitted, islice(self._form.records(self.path, self._budget), self._begin, None))

    def _read(self, only: Sequence[int] | None = None) -> Iterator[Texts | list[Record]]:
        """The same by columns, all or `only` these, where no row is odd."""
        found = portions(self._form, self.path, self._budget, len(self._header), only)
        for number, portion in enumerate(found):
            if isinstance(portion, Texts):
                yield portion
            else:
                yield [*map(self._fitted, portion if number else portion[self._begin :])]

    def _fitted(self, record: Record) -> Record:
        return Record(record.line, fitted(record.cells, len(self._header)), record.odd)
