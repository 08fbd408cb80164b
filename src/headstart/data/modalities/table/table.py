"""Tables: rows of numbers, categories, dates and texts -> cells as stored numbers -> features."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from headstart.core.contracts.budget import Budget
from headstart.core.contracts.choice import NO_SETTINGS
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.errors import DataError, RecipeError, nearest
from headstart.core.files import write_whole
from headstart.data.kept_settings import intact, stored_otherwise
from headstart.data.modalities.table.by_column import CELLS, RowsByColumn
from headstart.data.modalities.table.cell_columns import cell_columns
from headstart.data.modalities.table.column import RARE, Column, spelled
from headstart.data.modalities.table.copies import EqualRows, RowCopies
from headstart.data.modalities.table.defaults import TableDefaults
from headstart.data.modalities.table.kinds import Counts, asked_kinds, counted, told
from headstart.data.modalities.table.lags import LONGEST, Lags
from headstart.data.modalities.table.numbers import finite, moments, named
from headstart.data.modalities.table.parts import Divided
from headstart.data.modalities.table.words import phrases

if TYPE_CHECKING:
    from headstart.core.contracts import Augment, Batch, Columns, Example
    from headstart.core.contracts.cells import CellColumn
    from headstart.data.modalities.table.plain import Plain
    from headstart.data.modalities.table.view import RowView

_FILE = "table.json"
_LARGEST = 50_000_000  # bytes of it; 2,000 columns need one hundredth
DISTINCT = 0.95  # share of different rows from which equal ones are copies


class Table:
    """Rows of a table: numbers, categories, dates and texts, each column by what its cells are.

    kinds  what columns are where the cells say it wrongly: "zip:category,age:number"; the kinds are number, category,
           date, text and drop

    window rows that a row sees, itself and those before it; 1: itself alone. Rows must be in order of time. Cells of
           earlier rows are columns of their own, called "speed, 1 before"; labels are never among them

    Missing cells ("", NA, ?, NaN, null) are information: they stay NaN for trees, and are filled with the median and
    marked for others. Categories that are rare, and those never seen, share a code. A date becomes its days, year,
    month, day, weekday and hour, a text how often words of each of 64 hashes occur. Columns of one value, and those
    that name rows, are left out. Columns of rows without names (arrays) are x0, x1, ...

    Stored: x float32 [cells], codes of categories first. Ready: cells, the same, [B, cells]; ranks float32 [B, numbers]
    of the numbers among train rows; x float32 [B, F] with a place for each category and scaled numbers.
    """

    layout: ClassVar[Layout] = "cells"
    files: ClassVar = False
    name_groups: ClassVar = False
    defaults, divides = TableDefaults(), Divided()
    kinship = EqualRows()
    vocabulary = placement = windows = pieces = audible = timeline = None
    plain: ClassVar[Mapping[str, Any]] = NO_SETTINGS
    columns: Sequence[str] | None = ()

    def __init__(self, *, kinds: str = "", window: int = 1) -> None:
        if not 1 <= window <= LONGEST:
            raise RecipeError(894, "a window of so many rows cannot be", where="modality.window", found=window,
                              expected=f"1 to {LONGEST}")  # fmt: skip
        self.kinds, self.window = kinds, window
        self._asked = asked_kinds(kinds)
        self._columns: tuple[Column, ...] = ()
        self._left: Mapping[str, str] = {}
        self._apart: tuple[str, ...] = ()
        self._rare: Mapping[str, frozenset[str]] = {}  # names without a code, of columns whose names are all known
        self._plain: Plain | None = None
        self._distinct = False

    @property
    def duplicates(self) -> RowCopies:
        return RowCopies(self._distinct)

    @classmethod
    def recognises(cls, value: Any, origin: str) -> bool:
        """Rows of named cells, none of which is a text of many words."""
        if not isinstance(value, Mapping) or not value:
            return False
        return all(isinstance(one, str | int | float) or one is None or np.ndim(one) == 0 for one in value.values())

    def is_row(self, value: Any) -> bool:
        return isinstance(value, Mapping) or (isinstance(value, np.ndarray) and value.ndim == 1)

    def fit(self, examples: Iterable[Example], budget: Budget) -> None:
        """What each column is, from the cells of train rows."""
        first = list[Mapping[str, Any]]()
        rows = (row for example in examples if (row := named(example["input"])) is not None)
        self._learn(*counted(_noted(rows, first)), first)

    @property
    def past(self) -> Lags | None:
        return Lags(self.window) if self.window > 1 else None

    @property
    def by_column(self) -> RowsByColumn | None:
        if self.window > 1:
            return None  # a row needs those before it
        return RowsByColumn(self._columns, self._apart, self._rare, self.duplicates, self._learn)

    def _learn(self, counts: Mapping[str, Counts], rows: int, first: Sequence[Mapping[str, Any]]) -> None:
        found = told(counts, rows, self._asked)
        if not found.columns:
            left = ", ".join(f"{name} ({why})" for name, why in found.left.items())
            fix = "name columns that differ from row to row, or say what they are: modality.kinds=COLUMN:category"
            raise DataError(720, "no column of the table can be learned from", found=left or "no columns", fix=fix)
        self._columns, self._left, self._apart, self._rare = found.columns, found.left, found.apart, found.rare
        names = [one.name for one in found.columns]
        self.columns = names if self.past is None else self.past.read_of(names, first[0])
        keys = {tuple(str(row.get(name)) for name in names) for row in first}
        self._distinct = len(keys) > DISTINCT * len(first)

    @property
    def told(self) -> Sequence[str]:
        """The columns of each kind, and those that are left out."""
        return phrases(self._columns, self._left)

    def read(self, example: Example, budget: Budget) -> Example:
        """Cells as numbers, float32 [cells]. DataError for what is no row of the table."""
        origin = str(example.get("origin", "row"))
        row = named(example["input"])
        if row is None or not all(one.name in row for one in self._columns):
            lacking = [one.name for one in self._columns if row is None or one.name not in row]
            found = type(example["input"]).__name__ if row is None else f"no cell {', '.join(lacking[:4])}"
            fix = "give every row as {column: value}, with None where a cell is missing"
            raise DataError(721, "not a row of this table", where=origin, found=found,
                            expected="cells " + ", ".join(one.name for one in self._columns[:4]), fix=fix)  # fmt: skip
        cells, repaired = list[float](), dict[str, int | str]()
        apart: dict[str, Any] = {name: row.get(name) for name in self._apart}
        for column in self._columns:
            cell = row[column.name]
            made = column.read(cell)
            if made is None:
                repaired[f"cells of column {column.name} are no {column.kind} and count as missing"] = 1
                made = column.absent
            if column.kind == "category" and made[0] == RARE and self._is_new(column.name, cell):
                repaired[f"cells of column {column.name} are names never seen in training"] = spelled(cell)
            elif column.kind == "date":
                apart[column.name] = moments(np.array(made[:1]))[0]
            cells.extend(made)
        read = {**example, "input": finite(np.array(cells, np.float64)), "apart": apart}
        return {**read, "repaired": {**example.get("repaired", {}), **repaired}} if repaired else read

    def _is_new(self, column: str, cell: Any) -> bool:
        return column in self._rare and spelled(cell) not in self._rare[column]

    def encode(self, example: Example) -> Columns:
        return {"x": example["input"]}

    def fit_stored(self, chunks: Iterable[Columns]) -> None:
        from headstart.data.modalities.table.plain import Plain

        self._plain = Plain.of(self._columns, chunks)

    def derive(self, columns: Columns) -> Columns:
        return {}

    def collate(self, columns: Columns) -> Batch:
        import torch

        return {"x": torch.from_numpy(np.array(columns["x"], np.float32))}

    def ready(self, batch: Batch) -> Batch:
        plain, x = self._learned(), batch["x"]
        return {**batch, "cells": x, "ranks": plain.ranks(x), "x": plain.features(x)}

    def named_cells(self, columns: Columns) -> dict[str, np.ndarray]:
        places = np.cumsum([0, *(one.width for one in self._columns)])
        rows = columns["x"]
        return {one.name: rows[:, begin : begin + one.width]
                for one, begin in zip(self._columns, places[:-1], strict=True)}  # fmt: skip

    @property
    def cell_columns(self) -> list[CellColumn]:
        return cell_columns(self._columns)

    @property
    def augment(self) -> type[Augment]:
        from headstart.data.modalities.table.augment import TableAugment

        return TableAugment

    @property
    def view(self) -> RowView:
        from headstart.data.modalities.table.view import RowView

        return RowView(self._columns, self._learned())

    def baseline_features(self, learned: Columns, asked: Columns) -> tuple[np.ndarray, np.ndarray]:
        plain = self._learned()
        return plain.features_of(learned["x"]), plain.features_of(asked["x"])

    @property
    def spec(self) -> Spec:
        if not self._columns:
            raise DataError(722, "the columns of the table are not known yet", fix="prepare the data first")
        cells = sum(one.width for one in self._columns)
        codes = [one.codes for one in self._columns if one.kind == "category"]
        sizes = {"columns": self._learned().width if self._plain is not None else cells, "cells": cells}
        sizes |= {"categories": len(codes), "codes": max(codes)} if codes else {}
        described = json.dumps([one.to_json() for one in self._columns], sort_keys=True)
        digest = hashlib.sha256(described.encode()).hexdigest()
        key = {"table": digest, "kinds": self.kinds, "window": self.window}
        return Spec(self.layout, sizes, key, {"x": np.zeros(cells, np.float32)})

    def with_settings(self, settings: Mapping[str, Any]) -> Table:
        for name, value in settings.items():
            own = {"kinds": self.kinds, "window": self.window}
            if name not in own:
                raise RecipeError(123, "the data were stored with another value", where=f"modality.{name}",
                                  fix=nearest(name, list(own)))  # fmt: skip
            if value != own[name]:
                raise stored_otherwise(name, value)
        return self

    def save(self, directory: Path) -> None:
        fields = {
            "kinds": self.kinds, "window": self.window, "given": list(self.columns or ()),
            "columns": [one.to_json() for one in self._columns], "left": dict(self._left),
            "plain": None if self._plain is None else self._plain.to_json(), "distinct": self._distinct,
            "apart": list(self._apart), "rare": {name: sorted(names) for name, names in self._rare.items()},
        }  # fmt: skip
        write_whole(directory / _FILE, (json.dumps(fields, ensure_ascii=False) + "\n").encode())

    @classmethod
    def load(cls, directory: Path) -> Table:
        from headstart.data.modalities.table.plain import Plain

        path = directory / _FILE
        with intact(DataError(723, "the columns of the table cannot be read", where=path)):
            if path.stat().st_size > _LARGEST:
                raise ValueError(f"more than {_LARGEST:,} bytes")
            fields = json.loads(path.read_text("utf-8"))
            made = cls(kinds=str(fields["kinds"]), window=int(fields.get("window", 1)))
            made._columns = tuple(Column.from_json(one) for one in fields["columns"])
            _check(made._columns)
            made._left = dict(fields["left"])
            made._distinct = bool(fields["distinct"])
            made._apart = tuple(map(str, fields.get("apart", ())))
            made._rare = {name: frozenset(map(str, names)) for name, names in dict(fields.get("rare", {})).items()}
            made._plain = None if fields["plain"] is None else Plain.from_json(fields["plain"])
            if made._plain is not None:
                made._plain.check(made._columns)
            made.columns = list(map(str, fields.get("given", (one.name for one in made._columns))))
        return made

    @property
    def usual(self) -> np.ndarray:
        """The stored cells of a row that is like all, float32 [cells]: means, and most frequent values."""
        return self._learned().usual(self._columns)

    def _learned(self) -> Plain:
        if self._plain is None:
            raise DataError(722, "the columns of the table are not known yet", fix="prepare the data first")
        return self._plain


def _check(columns: Sequence[Column]) -> None:
    """ValueError unless every column is there once, categories first."""
    if len({one.name for one in columns}) < len(columns):
        raise ValueError("a column stands there twice")
    if list(columns) != sorted(columns, key=lambda one: one.kind != "category"):
        raise ValueError("categories stand behind others")


def _noted(rows: Iterable[Mapping[str, Any]], first: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The rows, of which the first ones are kept."""
    for row in rows:
        if len(first) * len(row) < CELLS:
            first.append(row)
        yield row
