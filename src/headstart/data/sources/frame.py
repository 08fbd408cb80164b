"""A pandas DataFrame in memory: rows with an input column, a label column, or both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account
from headstart.data.reading.in_memory import is_frame
from headstart.data.reading.roles import Ask
from headstart.data.reading.table_columns import choose
from headstart.data.reading.table_rows import example, label_of

if TYPE_CHECKING:
    import pandas as pd


class Frame:
    """Rows of a DataFrame in their order. `input` and `target` name columns; the usual names are found."""

    form: ClassVar = "table"
    order: ClassVar = 0

    def __init__(
        self,
        frame: pd.DataFrame,
        access: Access,
        *,
        input: str | None = None,
        target: str | None = None,
        ask: Ask | None = None,
    ) -> None:
        self._frame = frame
        self._names = [str(name) for name in frame.columns]
        self.roles = choose(self._names, input=input, target=target, where="the DataFrame", ask=ask, rows=self._rows())

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return is_frame(given)

    def account(self) -> Account:
        return self.roles.account()

    def examples(self) -> Iterator[dict[str, Any]]:
        for index, row in zip(self._frame.index, self._rows(), strict=True):
            yield example(row, self.roles, f"row {index}")

    def _rows(self) -> Iterator[dict[str, Any]]:
        columns = [self._frame.iloc[:, place] for place in range(len(self._names))]
        for values in zip(*columns, strict=True):
            yield dict(zip(self._names, values, strict=True))

    def labels(self) -> Iterator[Any]:
        names = self.roles.labels
        columns = [self._frame.iloc[:, self._names.index(name)] for name in names]
        for values in zip(*columns, strict=True):
            yield label_of(dict(zip(names, values, strict=True)), self.roles)
