"""How a model's answers follow one column of a table: partial dependence (Friedman 2001)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headstart.core.contracts.cells import CellColumn
from headstart.evaluation.columns.asking import Asking

STEPS, NAMES = 12, 12
RUG = 60


@dataclass(frozen=True, slots=True)
class Dependence:
    """The mean answer of all rows where one column holds the same cell in all of them.

    outputs  what an answer says in numbers: a class, or "value"
    at       places on the axis of the column, [V]; () for a column of names
    names    of its categories, the most frequent first, [V]; () for a column along an axis
    rows     how many rows hold each of these names
    said     mean answers [V, outputs]
    missing  mean answer where the cell is missing [outputs]; None where no row lacks it
    rug      the places of the rows on the axis, evenly drawn from the lowest to the highest
    """

    column: CellColumn
    outputs: list[str]
    at: np.ndarray
    names: list[str]
    rows: list[int]
    said: np.ndarray
    missing: np.ndarray | None
    rug: np.ndarray


def dependence(asking: Asking, column: CellColumn) -> Dependence | None:
    """None for a column that is neither ordered nor of names, or that holds one value."""
    if column.names:
        return _of_names(asking, column)
    return _along(asking, column) if column.ordered else None


def _of_names(asking: Asking, column: CellColumn) -> Dependence | None:
    codes, counts = np.unique(asking.cells(column)[:, 0].astype(np.int64), return_counts=True)
    order = np.argsort(-counts, kind="stable")[:NAMES]
    if len(order) < 2:
        return None
    outputs, said = _said(asking, column, codes[order][:, None].astype(np.float32))
    names, rows = [column.names[code] for code in codes[order]], counts[order].tolist()
    return Dependence(column, outputs, np.empty(0), names, rows, said, None, np.empty(0))


def _along(asking: Asking, column: CellColumn) -> Dependence | None:
    """At the cells of rows at even shares of all rows: a date keeps its weekday, and nothing between is made up."""
    along = asking.along(column)
    known = np.flatnonzero(np.isfinite(along))
    known = known[np.argsort(along[known], kind="stable")]
    if not len(known):
        return None
    some = known[np.linspace(0.02 * (len(known) - 1), 0.98 * (len(known) - 1), STEPS).round().astype(int)]
    values, first = np.unique(along[known], return_index=True)
    if len(values) <= STEPS:
        some = known[first]
    some = some[np.unique(along[some], return_index=True)[1]]
    if len(some) < 2:
        return None
    absent = np.full((1, column.end - column.begin), np.nan, np.float32)
    lacks = len(known) < len(along)
    outputs, said = _said(asking, column, np.concatenate([asking.cells(column)[some], absent[: int(lacks)]]))
    rug = along[known[np.unique(np.linspace(0, len(known) - 1, RUG).astype(int))]]
    return Dependence(column, outputs, along[some], [], [], said[: len(some)], said[-1] if lacks else None, rug)


def _said(asking: Asking, column: CellColumn, cells: np.ndarray) -> tuple[list[str], np.ndarray]:
    """The mean answers where all rows hold each of the cells [V, numbers of a cell]: names, and [V, names]."""
    means, names = list[np.ndarray](), list[str]()
    for cell in cells:
        held = np.broadcast_to(cell, (len(asking.answers), len(cell)))
        names, found = asking.numbers(asking.where(column, held))
        means.append(found.mean(0))
    return names, np.array(means)
