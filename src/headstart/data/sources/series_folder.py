"""Folders of tables by class: every file is a whole series, and its folder is its label."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

import numpy as np

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError
from headstart.data.labels.moments import moments
from headstart.data.labels.readings import is_gap, measured, number_of
from headstart.data.reading.csv_form import column_names, fitted, table_form
from headstart.data.reading.file_walk import files_below
from headstart.data.reading.folder_layout import is_hidden
from headstart.data.reading.over_time import LOOK, TIMES, are_numbers
from headstart.data.reading.parts import split_of
from headstart.data.records import Measured, example_of

_ENDINGS, _BESIDE = (".csv", ".tsv"), (".md", ".txt")


class SeriesFolder:
    """`walking/07.csv` is a series of the class "walking", `train/walking/07.csv` one of the train part.

    Columns of numbers are its channels; a column that is called as times are puts the rows in order. A first line of
    names is a header.
    """

    form: ClassVar = "rows"
    order: ClassVar = 1

    def __init__(self, path: Path, access: Access) -> None:
        self.path, self._access = path, access
        self._names = _tables(path, access)

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return isinstance(given, Path) and given.is_dir() and bool(_tables(given, access))

    def account(self) -> Account:
        classes = len({PurePosixPath(name).parent.name for name in self._names})
        files = f"{len(self._names):,} tables in {classes:,} folders"
        return Account(used=(Used(what=files, role="input"), Used(what="names of the folders", role="label")))

    def examples(self) -> Iterator[dict[str, Any]]:
        for name in self._names:
            place = PurePosixPath(name).parent
            split = split_of(place.parts[0]) if len(place.parts) > 1 else None
            try:
                value: Any = self._read(self.path / name, name)
            except DataError as error:
                value = error
            yield example_of(value, name, place.name, split)

    def _read(self, path: Path, name: str) -> Measured:
        """The columns of numbers of one table, in order of time."""
        budget = self._access.budget
        rows = [record.cells for record in table_form(path, budget).records(path, budget)]
        header = column_names(rows[0]) if rows else []
        if any(number_of(cell) is None and not is_gap(cell) for cell in header):
            rows = rows[1:]
        else:
            header = [str(number + 1) for number in range(len(header))]
        rows = [fitted(cells, len(header)) for cells in rows]
        for place, cells in enumerate(rows):
            if len(cells) != len(header):
                found, expected = f"{len(cells)} cells", f"{len(header)} as in the first line"
                raise DataError(255, "the row does not fit the table", where=f"{name}, row {place + 1}", found=found,
                                expected=expected, fix="correct the row, or prepare with --skip-bad")  # fmt: skip
        time = next((n for n, column in enumerate(header) if column.strip().lower() in TIMES), None)
        looked = list(islice(rows, LOOK))
        chosen = [n for n in range(len(header)) if n != time and are_numbers([cells[n] for cells in looked])]
        if not chosen:
            found, fix = "columns " + ", ".join(header[:5]), "put a column of numbers into every table"
            raise DataError(798, "the table has no column of numbers", where=name, found=found, fix=fix)
        values = np.array([[measured(cells[n], header[n], name) for n in chosen] for cells in rows])
        if time is not None:
            at = moments([cells[time] for cells in rows], header[time], [name] * len(rows), None)
            values = values[np.argsort(at, kind="stable")]
        return Measured(values, tuple(header[n] for n in chosen))


def _tables(folder: Path, access: Access) -> list[str]:
    """The tables below a folder if nothing else is there, each in a folder of its class; [] for any other folder."""
    inside = [path for path in folder.iterdir() if path.is_dir() and not is_hidden(path.name)]
    if len(inside) < 2:
        return []
    names = sorted(name for name in files_below(folder, access) if not is_hidden(name))
    data = [name for name in names if PurePosixPath(name).suffix.lower() not in _BESIDE]
    depths = {len(PurePosixPath(name).parts) for name in data}
    parted = all(split_of(path.name) is not None for path in inside)
    if depths != {3 if parted else 2} or not all(name.lower().endswith(_ENDINGS) for name in data):
        return []
    return data
