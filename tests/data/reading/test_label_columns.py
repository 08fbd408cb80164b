"""Several label columns: yes or no, numbers, or labels that are read each by itself."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

import headstart as hs
from headstart.core.errors import DataError
from headstart.data.labels.census import LabelColumns
from headstart.data.labels.spelling import Cell
from headstart.data.reading.label_column import reading_as, reading_of


def read(rows: list[list[str]], **asked: Any) -> list[Any]:
    """The labels of columns a and b, as a CSV file has them."""
    given = [
        LabelColumns({"a": Cell(one) if one else None, "b": Cell(other) if other else None}) for one, other in rows
    ]
    reading = reading_of([given], **asked)
    return [reading.read(label, "t.csv:2") for label in given]


def test_columns_of_one_kind_are_read_together_as_before() -> None:
    assert read([["1", "no"], ["0", "yes"]]) == [["a"], ["b"]]
    assert read([["1.5", "20"], ["2.5", "30"]]) == [[1.5, 20.0], [2.5, 30.0]]


def test_columns_of_different_kinds_are_read_each_by_itself() -> None:
    rows = [[f"{n}.5", "xyz"[n % 3]] for n in range(20)]
    assert read(rows) == [{"a": n + 0.5, "b": "xyz"[n % 3]} for n in range(20)]


def test_numbers_with_gaps_keep_what_is_known() -> None:
    rows = [[f"{n}.5", "" if n == 3 else f"{n}.25"] for n in range(20)] + [["", ""]]
    labels = read(rows)
    assert labels[2:4] == [{"a": 2.5, "b": 2.25}, {"a": 3.5}]
    assert labels[-1] is None


def test_columns_that_would_be_one_label_are_read_by_name_where_that_is_asked() -> None:
    assert read([["1", "no"], ["0", "yes"]], by_name=True) == [{"a": 1, "b": "no"}, {"a": 0, "b": "yes"}]


def test_lists_of_names_are_several_labels_of_one_target() -> None:
    given = [LabelColumns({"a": ["x", "y"], "b": 1.5}), LabelColumns({"a": ["y"], "b": 2.5})]
    reading = reading_of([given])
    assert [reading.read(label, "") for label in given] == [{"a": ["x", "y"], "b": 1.5}, {"a": ["y"], "b": 2.5}]


def test_a_model_reads_labels_as_it_learned_them() -> None:
    given = [LabelColumns({"a": Cell(f"{n},5 kg"), "b": Cell("xy"[n % 2])}) for n in range(30)]
    again = reading_as(reading_of([given]).form)
    assert again is not None
    assert again.read({"a": Cell("7,25 kg"), "b": Cell("z"), "c": Cell("1")}, "") == {"a": 7.25, "b": "z"}
    with pytest.raises(DataError, match=r"HS-D258.*t\.csv:3, column a"):
        again.read({"a": Cell("seven"), "b": Cell("x")}, "t.csv:3")
    with pytest.raises(DataError, match="HS-D925"):
        reading_as({"kind": "columns", "columns": "[1"})


def test_prepare_keeps_labels_by_name(tmp_path: Path) -> None:
    with (tmp_path / "t.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("text", "a", "b"), *[(f"word number {n}", n % 2, (n + 1) % 2) for n in range(40)]])
    store = hs.prepare(tmp_path / "t.csv", target="a,b", by_name=True, out=tmp_path / "out")
    labels = store.labels_of(store.rows("train"))
    assert {"a": 0, "b": 1} in labels
    assert all(set(label) == {"a", "b"} for label in labels)
