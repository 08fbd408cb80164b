"""Columns of a table that is read whole, as a block of rows: what `table_rows.example` says of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headstart.core.contracts.blocks import Arrow, Block
from headstart.data.labels.spelling import Cell
from headstart.data.reading.label_column import LabelReading
from headstart.data.reading.roles import Roles
from headstart.data.reading.split_words import part_of
from headstart.data.reading.table_rows import OWN, plain


def suits(roles: Roles) -> bool:
    """Are rows of these roles read by columns? Those of tables that are read whole, with one label and no second
    column of parts."""
    plainly = not (roles.channels or roles.labelled or roles.words or roles.of_letters or roles.kept)
    return roles.named and plainly and not roles.targets and roles.validation is None


def block(columns: Mapping[str, Arrow], roles: Roles, origins: Sequence[str], *, typed: bool) -> Block:
    """Rows by their columns [n]. `typed`: cells have types; else a text may be a number."""
    cells = {name: columns[name] for name in roles.inputs}
    facts: dict[str, Sequence[Any]] = {
        name: column.to_pylist() for name, column in columns.items() if name not in roles.taken and name not in OWN
    }
    facts["origin"] = origins
    if roles.target is not None:
        given = columns[roles.target].to_pylist()
        facts["label"] = [*map(plain, given)] if typed else _texts(given)
    if roles.split is not None:
        given = columns[roles.split].to_pylist()
        found = {cell: part_of(plain(cell), roles.split) for cell in set(given)}
        facts["split"], facts["part"] = ([found[cell][place] for cell in given] for place in (0, 1))
    return Block(cells, facts)


def _texts(given: Sequence[str]) -> list[Cell | None]:
    found = {cell: Cell(cell) if cell.strip() else None for cell in set(given)}
    return [found[cell] for cell in given]


def as_given(rows: Block, labels: LabelReading, split: str | None, place: str) -> Block | None:
    """The rows with their labels as they are meant, the split of their source, and where it lies; None where a label
    makes more of its row, or cannot be read."""
    facts = dict(rows.facts)
    if "label" in facts:
        read = _Labels(labels)
        facts["label"] = [*map(read, facts["label"], facts["origin"])]
        if read.more:
            return None
    if split is not None:
        facts["split"] = [split] * len(rows)
    if place:
        facts["origin"] = [f"{place}{origin}" for origin in facts["origin"]]
    return Block(rows.cells, facts)


class _Labels:
    """Labels as they are meant, each different one read once; `more`: a row became more than its label."""

    def __init__(self, labels: LabelReading) -> None:
        self._labels, self.more = labels, False
        self._meant: dict[tuple[type, Any], Any] = {}

    def __call__(self, label: Any, origin: str) -> Any:
        if isinstance(label, list | dict | float):  # -0.0 and 0.0 are equal, and not the same
            return self._read(label, origin)
        key = (type(label), label)
        if key not in self._meant:
            self._meant[key] = self._read(label, origin)
        return self._meant[key]

    def _read(self, label: Any, origin: str) -> Any:
        row: dict[str, Any] = {"input": {}, "origin": origin, "label": label}
        read = self._labels.example(row)
        self.more |= read["input"] is not row["input"] or not row.keys() >= read.keys()
        return read.get("label")
