"""Rows of plain JSON as a table of text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

WIDEST = 48  # characters of a cell


class TableText:
    """A table that is told line by line. Its columns and their widths are those of the first rows; what is named within
    a value (probabilities) is left out."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell, self._widths = tell, dict[str, int]()

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        cells = [{name: cell(value) for name, value in row.items() if not isinstance(value, Mapping)} for row in rows]
        if not self._widths:
            names = dict.fromkeys(name for row in cells for name in row)
            self._widths = {name: max(len(cell(name)), *(len(row.get(name, "")) for row in cells)) for name in names}
            if names:
                self._line({name: cell(name) for name in names})
        for row in cells:
            self._line(row)
            for name in row.keys() - self._widths.keys():
                self._tell(f"  {cell(name)}: {row[name]}\n")

    def close(self) -> None: ...

    def _line(self, row: Mapping[str, str]) -> None:
        text = "  ".join(f"{row.get(name, ''):{width}}" for name, width in self._widths.items())
        self._tell(f"{text.rstrip()}\n")


def cell(value: Any) -> str:
    """A value of plain JSON on one short line."""
    if isinstance(value, float):
        return f"{value:.4g}"
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return shown if len(shown) <= WIDEST else f"{shown[: WIDEST - 3]}..."
