"""Answers to many rows: into a file or onto the screen as they come, with a count of those that are errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from headstart.commands.common import options
from headstart.commands.common.progress import counter
from headstart.commands.common.table_text import TableText, cell
from headstart.commands.common.write_rows import RowFile, cell_text, row_file
from headstart.core.errors import DataError
from headstart.core.shown import Unscored
from headstart.data.preparing.repairs import Repairs

ROWS = 1000  # handed on together


@dataclass(slots=True)
class Answered(Unscored):
    """How many rows were answered, and how many of the answers are errors.

    `first` is the first error, `width` the length of a vector; `repairs` say what was put right in the rows.
    """

    rows: int = 0
    errors: int = 0
    first: str = ""
    path: Path | None = None
    width: int = 0
    repairs: Repairs = field(default_factory=Repairs)

    def count(self, row: Mapping[str, Any]) -> None:
        """One more answer."""
        self.rows += 1
        if "error" in row:
            self.errors += 1
            self.first = self.first or str(row["error"])
        elif "vector" in row:
            self.width = len(row["vector"])

    @property
    def warnings(self) -> list[str]:
        """What to say of the errors, and of what was put right."""
        some = f"{self.errors:,} of {self.rows:,} rows could not be answered, the first: {self.first}"
        return [*([some] if self.errors else []), *self.repairs.sentences]

    def check(self) -> None:
        """DataError if not one row could be answered."""
        if self.rows and self.errors == self.rows:
            fix = "give rows of the kind that the model learned from"
            raise DataError(535, "not one row could be answered", found=self.warnings[0], fix=fix)


class Answers(list[dict[str, Any]], Unscored):
    """One answer a row, each with its `origin`; `warnings` count those that are errors. A notebook shows a table."""

    def __init__(self, rows: Iterable[dict[str, Any]], warnings: Sequence[str] = ()) -> None:
        super().__init__(rows)
        self.warnings = list(warnings)

    def _repr_html_(self) -> str:
        from headstart.core.overview import Overview

        names = dict.fromkeys(name for row in self for name, value in row.items() if not isinstance(value, Mapping))
        cells = [[cell(row[name]) if name in row else "" for name in names] for row in self]
        title = f"{len(self):,} answers"
        return Overview(title=title, columns=list(names), rows=cells, warnings=self.warnings).html()


def deliver(
    rows: Iterable[Mapping[str, Any]], out: Path | None, heard: options.Listener, *, title: str, quiet: bool,
    formulas: str = "quote", repairs: Repairs | None = None,
) -> Answered:  # fmt: skip
    """Write rows into a file, or as a table to who hears them; nothing is left of the file if not one is answered."""
    told = Answered(path=out, repairs=repairs or Repairs())
    if out is not None:
        with row_file(out, cell_text(formulas)) as file:
            _hand_on(rows, file, told, title=title, quiet=quiet)
            told.check()
        return told
    assert heard is not None
    _hand_on(rows, TableText(heard), told, title=title, quiet=True)
    told.check()
    return told


def _hand_on(
    rows: Iterable[Mapping[str, Any]], file: RowFile, told: Answered, *, title: str, quiet: bool
) -> None:  # fmt: skip
    with counter(title, quiet=quiet) as draw:
        for some in _some(rows):
            for row in some:
                told.count(row)
            file.add(some)
            draw(told.rows)


def _some(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    waiting = iter(rows)
    while some := list(islice(waiting, ROWS)):
        yield some
