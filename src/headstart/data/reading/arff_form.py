"""How an ARFF file is written: its attributes, and its lines as cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.opening.compressed import open_text

_ATTRIBUTE = re.compile(r"""@attribute\s+('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s{]+)\s*(.*)""", re.IGNORECASE)
_CELL = re.compile(r"""\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,'"]*)\s*(,|$)""")
_MISSING = "?"
_LONGEST = 1 << 24  # characters of a line


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its number in the file, and its cells, None where one is missing; or why it is none."""

    number: int
    cells: list[str | None]
    error: DataError | None = None


def attributes(path: Path, budget: Budget) -> list[str]:
    """The names of the columns; DataError for a file without attributes or without @data."""
    names = list[str]()
    for number, text in _lines(path, budget):
        if text.lower().startswith("@data"):
            budget.check_columns(len(names), path.name)
            if names:
                return names
            break
        found = _ATTRIBUTE.match(text)
        if found is not None:
            names.append(_bare(found[1]))
        elif not text.lower().startswith("@relation"):
            raise DataError(
                725, "not the head of an ARFF file", where=f"{path.name}:{number}", found=text[:60],
                expected="@relation, @attribute or @data", fix="correct the line, or save the table as CSV",
            )  # fmt: skip
    fix = "give an ARFF file with @attribute lines and rows behind @data"
    raise DataError(726, "the ARFF file has no rows", where=path.name, found=f"{len(names)} attributes", fix=fix)


def lines(path: Path, budget: Budget) -> Iterator[Line]:
    """The rows behind @data."""
    begun = False
    for number, text in _lines(path, budget):
        if begun:
            yield _row(text, number, path.name)
        begun = begun or text.lower().startswith("@data")


def _lines(path: Path, budget: Budget) -> Iterator[tuple[int, str]]:
    """Lines that say something, with their numbers."""
    with open_text(path, budget) as file:
        number = 0
        while line := file.readline(_LONGEST):
            number += 1
            text = line.strip()
            if text and not text.startswith("%"):
                yield number, text


def _row(text: str, number: int, name: str) -> Line:
    cells, place = list[str | None](), 0
    sparse = text.startswith("{")
    while not sparse:
        found = _CELL.match(text, place)
        if found is None:
            break
        cells.append(None if found[1].strip() == _MISSING else _bare(found[1].strip()))
        place = found.end()
        if found[2] == "":
            return Line(number, cells)
    what = "sparse" if sparse else "a quote that does not end"
    fix = "write all cells with commas between them, or prepare with --skip-bad"
    return Line(
        number, [], DataError(727, "the row cannot be read", where=f"{name}:{number}", found=what,
                              expected="cells with commas between them", fix=fix),
    )  # fmt: skip


def _bare(text: str) -> str:
    """A name or cell without its quotes."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text
