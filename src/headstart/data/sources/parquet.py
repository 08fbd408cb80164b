"""Parquet tables: rows with an input column (bytes, a path, numbers, text), a label column, or both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account
from headstart.core.contracts.blocks import Portion
from headstart.core.contracts.budget import Budget
from headstart.data.opening import json_text, parquet
from headstart.data.reading import column_blocks
from headstart.data.reading.portions import Portioned
from headstart.data.reading.roles import Ask
from headstart.data.reading.table_columns import check_names, choose
from headstart.data.reading.table_rows import example, label_of

if TYPE_CHECKING:
    from headstart.core.contracts import Example


class Parquet:
    """Rows of a Parquet file, one row group after the other. `input` and `target` name columns."""

    form: ClassVar = "table"
    order: ClassVar = 0

    def __init__(
        self, path: Path, access: Access, *, input: str | None = None, target: str | None = None, ask: Ask | None = None
    ) -> None:
        self.path, self._budget = path, access.budget
        head = parquet.header(path, access.budget)
        check_names(head.columns, path)
        self._classes = _class_names(head.facts.get(b"huggingface", b""), path.name, access.budget)
        self.roles = choose(
            head.columns,
            input=input,
            target=target,
            where=path.name,
            ask=ask,
            rows=self._rows(None),
            folder=path.parent,
        )

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return isinstance(given, Path) and given.is_file() and given.suffix.lower() in (".parquet", ".pq")

    def account(self) -> Account:
        return self.roles.account()

    def examples(self) -> Iterator[Example]:
        if column_blocks.suits(self.roles) and not self._classes and parquet.are_flat(self.path, self._budget):
            return Portioned(self._portions())
        return (example(row, self.roles, f"{self.path.name}#{number}") for number, row in enumerate(self._rows(None)))

    def labels(self) -> Iterator[Any]:
        wanted = list(self.roles.labels)
        return (label_of(values, self.roles) for values in (self._rows(wanted) if wanted else ()))

    def _portions(self) -> Iterator[Portion]:
        begin = 0
        for columns in parquet.batches(self.path, self._budget):
            end = begin + len(next(iter(columns.values())))
            origins = [f"{self.path.name}#{row}" for row in range(begin, end)]
            yield column_blocks.block(columns, self.roles, origins, typed=True)
            begin = end

    def _rows(self, columns: list[str] | None) -> Iterator[dict[str, Any]]:
        """The cells of every row by column, of all columns or of these."""
        for values in parquet.rows(self.path, self._budget, columns):
            yield {name: _named(value, self._classes.get(name)) for name, value in values.items()}


def _class_names(facts: bytes, where: str, budget: Budget) -> dict[str, list[str]]:
    """The names of classes that stand as numbers in each column, as Hugging Face data sets write them."""
    try:
        features = json_text.loads(facts, where, budget)["info"]["features"]
        kinds = {name: about.get("feature", about) for name, about in features.items()}
        return {name: list(about["names"]) for name, about in kinds.items() if about.get("_type") == "ClassLabel"}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _named(value: Any, names: list[str] | None) -> Any:
    """Numbers of classes as their names; -1 stands for a class that nobody knows."""
    if names is None or value is None:
        return value
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    return names[value] if isinstance(value, int) and 0 <= value < len(names) else None
