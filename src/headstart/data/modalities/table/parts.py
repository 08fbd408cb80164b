"""Rows of a table in cells, which are hidden by the usual cell of their column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart.core.contracts.look import Look, Piece
from headstart.core.contracts.parts import Divides, Parts, Where
from headstart.core.formatting import readable

if TYPE_CHECKING:
    from headstart.core.contracts.cells import CellColumn
    from headstart.core.contracts.types import Columns, Row


class CellParts(Parts):
    """The cells of one row."""

    hidden = "the mean of a column of numbers, the most frequent value of any other"

    def __init__(self, row: Row, columns: Sequence[CellColumn], usual: np.ndarray) -> None:
        self._row, self._usual = row, usual
        self._owner = np.repeat(np.arange(len(columns)), [one.end - one.begin for one in columns])
        self._cells = [_told(one, row["x"][one.begin : one.end]) for one in columns]
        self.names = [one.name for one in columns]
        self.where = [Where() for _ in columns]

    def rows(self, keep: np.ndarray) -> list[Columns]:
        return [{**self._row, "x": np.where(one, self._row["x"], self._usual)} for one in keep[:, self._owner]]

    def look(self, weights: np.ndarray) -> Look:
        told = zip(self.names, self._cells, weights.tolist(), strict=True)
        first = sorted(told, key=lambda one: -abs(one[2]))
        return Look(lines=[(Piece(f"{name} {cell}", weight=weight),) for name, cell, weight in first])


class Divided(Divides):
    """How rows of a table are cut: a part for each column."""

    units: Sequence[str] = ("cells",)

    def cut(self, modality: Any, row: Row, unit: str, most: int) -> CellParts:
        return CellParts(row, modality.cell_columns, modality.usual)


def _told(column: CellColumn, cell: np.ndarray) -> str:
    if column.names:
        return column.names[int(cell[0])]
    if not column.ordered:
        return "(text)"
    place = float(cell[0]) / column.scale[0] + column.scale[1]
    return readable(round(place, 4)) if np.isfinite(place) else "(missing)"
