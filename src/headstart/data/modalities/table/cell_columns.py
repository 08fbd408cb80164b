"""The columns of a table as reports read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from headstart.core.contracts.cells import CellColumn
from headstart.data.modalities.table.column import Column

_CODES = ("(missing)", "(rare)")  # MISSING and RARE
_YEARS = (365.2425, 1970.0)


def cell_columns(columns: Sequence[Column]) -> list[CellColumn]:
    """Categories by their names, numbers and dates along an axis; texts are neither."""
    found, begin = list[CellColumn](), 0
    for one in columns:
        names = (*_CODES, *one.words) if one.kind == "category" else ()
        ordered = one.kind in ("number", "date")
        made = CellColumn(one.name, begin, begin + one.width, names, ordered)
        found.append(replace(made, axis="year", scale=_YEARS) if one.kind == "date" else made)
        begin += one.width
    return found
