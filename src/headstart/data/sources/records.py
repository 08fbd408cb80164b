"""Rows in memory, each a mapping from names of columns to values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account
from headstart.data.reading.in_memory import are_records
from headstart.data.reading.roles import Ask
from headstart.data.reading.table_columns import choose
from headstart.data.reading.table_rows import example, label_of


class Records:
    """Rows of a list of dicts in their order. `input` and `target` name columns; the usual names are found."""

    form: ClassVar = "table"
    order: ClassVar = 0

    def __init__(
        self, rows: Sequence[Mapping[str, Any]], access: Access, *, input: str | None = None, target: str | None = None,
        ask: Ask | None = None,
    ) -> None:  # fmt: skip
        self._names = list(dict.fromkeys(str(name) for row in rows for name in row))
        self._given = rows
        self.roles = choose(self._names, input=input, target=target, where="the records", ask=ask, rows=self._rows())

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return are_records(given)

    def account(self) -> Account:
        return self.roles.account()

    def examples(self) -> Iterator[dict[str, Any]]:
        for number, row in enumerate(self._rows()):
            yield example(row, self.roles, f"row {number}")

    def labels(self) -> Iterator[Any]:
        return (label_of(row, self.roles) for row in self._rows())

    def _rows(self) -> Iterator[dict[str, Any]]:
        for row in self._given:
            named = {str(name): value for name, value in row.items()}
            yield {name: named.get(name) for name in self._names}
