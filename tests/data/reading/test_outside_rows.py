"""Rows of numbers, named and ragged, reach a modality from outside the package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headstart.data.modalities.text.text import Text
from headstart.data.reading.open_raw import open_raw

SERIES = [{"force": [1.0, 2.5, 3.0], "speed": [4, 5]}, {"force": [0.5], "speed": [6, 7, 8]}]


class Named:
    """A modality that reads several columns by their names."""

    files = False
    columns = ()

    @classmethod
    def recognises(cls, value: Any, origin: str) -> bool:
        return isinstance(value, Mapping)


def inputs(given: Any, **options: str) -> list[Any]:
    kind = f"{Named.__module__}:{Named.__qualname__}"
    raw = open_raw(given, modality="text", input=options.get("input"), target=options.get("target"))
    assert raw.modality_class is Text
    raw = type(raw)(raw.entries, kind, raw.description, Named)  # pyright: ignore[reportArgumentType]
    return [example["input"] for example in raw.examples()]


def test_several_columns_keep_their_names_for_a_modality_that_asks_for_them(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("mass,size,label\n1.5,2,a\n3,4,b\n")
    expected = [{"mass": "1.5", "size": "2"}, {"mass": "3", "size": "4"}]
    assert inputs(tmp_path / "t.csv", input="mass,size") == expected


def test_ragged_columns_of_numbers_come_from_frames_and_parquet(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(SERIES)
    frame.to_parquet(tmp_path / "t.parquet")
    assert inputs(frame, input="force,speed") == SERIES
    assert inputs(tmp_path / "t.parquet", input="force,speed") == SERIES


@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("form", [list, lambda rows: [np.array(row) for row in rows]], ids=["lists", "arrays"])
def test_sequences_of_differing_length_in_memory_are_rows(form: Any, labelled: bool) -> None:
    rows = form([row["force"] for row in SERIES])
    given = (rows, ["a", "b"]) if labelled else rows
    assert [np.asarray(row).tolist() for row in inputs(given)] == [row["force"] for row in SERIES]


def test_rows_of_a_matrix_are_vectors() -> None:
    matrix = np.arange(6.0).reshape(2, 3)
    assert [row.tolist() for row in inputs(matrix)] == matrix.tolist()
