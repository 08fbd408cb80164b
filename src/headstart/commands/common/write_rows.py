"""Rows of plain JSON -> a file of the kind its name says, written as they come."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from headstart.commands.common.parquet_rows import ParquetRows
from headstart.core.errors import UsageError, nearest
from headstart.core.files import make_folder, written_whole
from headstart.core.inert import inert, quoted_formula

Rows = Sequence[Mapping[str, Any]]
_LONGEST = 1 << 28  # characters of a cell; the csv module's own limit of 131,072 is shorter than many a document


def check_kind(path: Path, kinds: Sequence[str]) -> str:
    """The file's kind by its ending; UsageError before any work if it is none of `kinds`."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in kinds:
        expected = " or ".join(f".{k}" for k in kinds)
        raise UsageError(570, "unknown file type for --out", found=path.name, expected=expected)
    return kind


def cell_text(formulas: str) -> Callable[[str], str]:
    """How texts stand in cells of CSV; UsageError for an unknown way."""
    ways = {"quote": quoted_formula, "keep": str}
    if formulas not in ways:
        raise UsageError(572, "unknown way to write formulas", found=f"'{formulas}'", fix=nearest(formulas, ways))
    return ways[formulas]


class RowFile(Protocol):
    """A file that is being written, some rows at a time; memory does not grow with their number."""

    def add(self, rows: Rows) -> None: ...

    def close(self) -> None:
        """Everything is in the file."""
        ...


@contextmanager
def row_file(path: Path, text: Callable[[str], str] = quoted_formula) -> Iterator[RowFile]:
    """JSON lines, CSV (nested values as JSON; probabilities as columns) or Parquet; whole or absent. `text` is how
    texts stand in cells of CSV: by default so that a spreadsheet runs none."""
    make_folder(path.parent)
    kinds = {"jsonl": _Lines, "csv": partial(_Table, text=text), "parquet": ParquetRows, "npy": _Vectors}
    with written_whole(path) as aside:
        file = kinds[check_kind(path, list(kinds))](aside)
        try:
            yield file
        finally:
            file.close()


def write_rows(rows: Rows, path: Path) -> None:
    """All rows at once."""
    with row_file(path) as file:
        file.add(rows)


class _Lines:
    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")

    def add(self, rows: Rows) -> None:
        self._file.writelines(inert(json.dumps(row, ensure_ascii=False)) + "\n" for row in rows)

    def close(self) -> None:
        self._file.close()


class _Table:
    """CSV. Where later rows have further columns, what is written so far gets them, too."""

    def __init__(self, path: Path, text: Callable[[str], str]) -> None:
        self._path, self._text, self._names = path, text, dict[str, None]()
        self._file = self._opened(path)

    def add(self, rows: Rows) -> None:
        text = self._text
        flat = [
            {text(name): text(value) if isinstance(value, str) else value for name, value in flattened(row).items()}
            for row in rows
        ]
        names = self._names | dict.fromkeys(name for row in flat for name in row)
        if len(names) > len(self._names):
            self._widen(names)
        csv.DictWriter(self._file, list(names), lineterminator="\n").writerows(flat)

    def close(self) -> None:
        self._file.close()

    def _widen(self, names: dict[str, None]) -> None:
        self._file.close()
        aside, more = self._path.with_name(f"{self._path.name}.wider"), [""] * (len(names) - len(self._names))
        limit = csv.field_size_limit(_LONGEST)  # it belongs to the whole process and is put back
        try:
            with self._path.open(encoding="utf-8", newline="") as old, self._opened(aside) as new:
                rows, writer = csv.reader(old), csv.writer(new, lineterminator="\n")
                next(rows, None)
                writer.writerow(names)
                writer.writerows([*cells, *more] for cells in rows)
        finally:
            csv.field_size_limit(limit)
        aside.replace(self._path)
        self._names, self._file = names, self._path.open("a", encoding="utf-8", errors="backslashreplace", newline="")

    def _opened(self, path: Path) -> Any:
        return path.open("w", encoding="utf-8", errors="backslashreplace", newline="")


class _Vectors:
    """The `vector` of each row in one array of NumPy, [n, F] float32; NaN where a row has none."""

    def __init__(self, path: Path) -> None:
        self._file, self._rows, self._width = path.open("wb"), 0, 0
        self._file.write(self._header())

    def add(self, rows: Rows) -> None:
        import numpy as np

        found = [row.get("vector") for row in rows]
        if not self._width:
            self._width = next((len(one) for one in found if one is not None), 0)
            found = [*[None] * self._rows, *found]  # so far no row had any
        none = np.full(self._width, np.nan, np.float32)
        for one in found if self._width else ():
            self._file.write(np.asarray(none if one is None else one, "<f4").tobytes())
        self._rows += len(rows)

    def close(self) -> None:
        self._file.seek(0)
        self._file.write(self._header())
        self._file.close()

    def _header(self) -> bytes:
        """That of a .npy file of version 1, of 128 bytes whatever the shape."""
        text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({self._rows}, {self._width}), }}"
        return b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + text.ljust(117).encode() + b"\n"


def flattened(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as cells of a table: what is named within a value is a column of its own, lists are JSON."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{key}": item for key, item in value.items()}
        else:
            flat[name] = json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
    return flat
