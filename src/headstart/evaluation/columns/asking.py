"""Rows of a table, and what a model answers where some of their cells are others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from headstart.core.contracts import Columns, Example
from headstart.core.contracts.cells import CellColumn
from headstart.data.storage.gather import MemoryRows, rows_of
from headstart.evaluation.evaluate import Evaluation
from headstart.inference.predictor import Predictor


@dataclass(frozen=True, eq=False)
class Asking:
    """Scored rows as they are stored, the answers to them, and the columns whose cells can be changed."""

    predictor: Predictor
    columns: Sequence[CellColumn]
    stored: Columns
    answers: Sequence[dict[str, Any]]
    examples: Sequence[Example]

    def cells(self, column: CellColumn) -> np.ndarray:
        """[n, numbers of a cell]"""
        return self.stored["x"][:, column.begin : column.end]

    def along(self, column: CellColumn) -> np.ndarray:
        """Where the cells lie on the axis of an ordered column, [n]; NaN where one is missing."""
        per, begin = column.scale
        return self.cells(column)[:, 0].astype(np.float64) / per + begin

    def where(self, column: CellColumn, cells: np.ndarray) -> list[dict[str, Any]]:
        """The answers where this column holds other cells, [n, numbers of a cell]."""
        changed = self.stored["x"].copy()
        changed[:, column.begin : column.end] = cells
        return self._asked({**self.stored, "x": changed})

    def take(self, places: np.ndarray) -> Asking:
        """Some of the rows."""
        return Asking(
            self.predictor, self.columns, {name: values[places] for name, values in self.stored.items()},
            [self.answers[place] for place in places], [self.examples[place] for place in places],
        )  # fmt: skip

    def numbers(self, answers: Sequence[dict[str, Any]]) -> tuple[list[str], np.ndarray]:
        """What answers say in numbers: names, and [n, names]. Of two shares that sum to one the second is told."""
        said = [self.predictor.task.answer.numbers(answer) for answer in answers]
        names = list(said[0]) if said else []
        found = np.array([[one[name] for name in names] for one in said], np.float64).reshape(len(said), len(names))
        if len(names) == 2 and self._exclusive:
            return names[1:], found[:, 1:]
        return names, found

    @cached_property
    def _exclusive(self) -> bool:
        return self.predictor.task.answer.distribution(self.answers[:1], self.examples[:1]) is not None

    def _asked(self, stored: Columns) -> list[dict[str, Any]]:
        rows = MemoryRows(self.predictor.modality, list(rows_of(stored)))
        return self.predictor.answers(rows, np.arange(len(self.answers)))


def asking(predictor: Predictor, evaluation: Evaluation, stored: Columns, most: int, seed: int) -> Asking | None:
    """At most so many of the scored rows, drawn by the seed; None where rows have no columns."""
    columns = predictor.modality.cell_columns
    if not columns or not len(evaluation.rows):
        return None
    every = Asking(predictor, columns, stored, evaluation.answers, evaluation.examples)
    if len(evaluation.rows) <= most:
        return every
    return every.take(np.sort(np.random.default_rng(seed).permutation(len(evaluation.rows))[:most]))
