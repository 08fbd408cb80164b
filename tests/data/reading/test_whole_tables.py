"""Which tables are read whole, and which have an input beside facts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headstart.core.errors import DataError
from headstart.data.reading.open_raw import Raw, open_raw
from tests.helpers.sentences import sentences

TEXTS = sentences(40)[0]
ROWS = range(40)


def raw(place: Path, name: str, columns: dict[str, list[Any]], target: str | None = None, **asked: Any) -> Raw:
    lines = [",".join(columns), *(",".join(map(str, cells)) for cells in zip(*columns.values(), strict=True))]
    (place / name).write_text("\n".join(lines))
    return open_raw(place / name, modality=asked.pop("modality", "auto"), input=asked.pop("input", None), target=target)


NUMBERS = [n * 1.5 for n in ROWS]
CLASSES = ["ab"[n % 2] for n in ROWS]
LABELS = ["yes" if n % 3 else "no" for n in ROWS]
LONG = [f"the customer number {n} wrote a long letter about bills and more" for n in ROWS]


def test_numbers_and_classes_beside_a_target_are_cells(tmp_path: Path) -> None:
    found = raw(tmp_path, "t.csv", {"age": NUMBERS, "town": CLASSES, "churned": LABELS}, "churned")
    assert found.modality == "table"
    first = next(iter(found.examples()))
    assert first["input"] == {"age": "0.0", "town": "a"}
    assert first["label"] == "no"


def test_names_of_few_words_beside_cells_are_cells_too(tmp_path: Path) -> None:
    names = [f"Mr Owen {n}" for n in ROWS]
    found = raw(tmp_path, "t.csv", {"name": names, "age": NUMBERS, "town": CLASSES, "died": LABELS}, "died")
    assert found.modality == "table"


@pytest.mark.parametrize("name", ["text", "letter"])
def test_a_column_of_long_texts_is_the_input(tmp_path: Path, name: str) -> None:
    found = raw(tmp_path, "t.csv", {name: LONG, "age": NUMBERS, "town": CLASSES, "label": LABELS}, "label")
    assert found.modality == "text"


def test_cells_that_are_not_read_beside_texts_are_told(tmp_path: Path) -> None:
    found = raw(tmp_path, "t.csv", {"text": LONG, "age": NUMBERS, "town": CLASSES, "label": LABELS}, "label")
    assert found.account().notes == (
        "columns age, town are not read beside the texts of column text: --modality table reads all columns",
    )


def test_texts_beside_many_cells_are_refused_with_both_options(tmp_path: Path) -> None:
    columns = {"letter": LONG, "age": NUMBERS, "town": CLASSES, "height": NUMBERS, "label": LABELS}
    with pytest.raises(DataError) as refused:
        raw(tmp_path, "t.csv", columns, "label")
    assert refused.value.code == "HS-D770"
    assert "--modality table" in refused.value.line()
    assert "--input letter" in refused.value.line()
    assert raw(tmp_path, "t.csv", columns, "label", modality="table").modality == "table"
    assert raw(tmp_path, "t.csv", columns, "label", input="letter").modality == "text"
    assert raw(tmp_path, "t.csv", columns, "label", modality="text").modality == "text"
    assert raw(tmp_path, "t.csv", {"text": LONG, **columns}, "label", input="text").modality == "text"


def test_ids_and_dates_beside_texts_are_no_cells(tmp_path: Path) -> None:
    dates = [f"2024-01-{n % 28 + 1:02d}" for n in ROWS]
    found = raw(tmp_path, "t.csv", {"id": list(ROWS), "letter": LONG, "day": dates, "label": LABELS}, "label")
    assert found.modality == "text"
    assert found.account().notes == ()


def test_a_usual_name_of_an_input_that_holds_numbers_is_a_cell(tmp_path: Path) -> None:
    found = raw(tmp_path, "t.csv", {"carat": NUMBERS, "x": NUMBERS, "cut": CLASSES, "price": NUMBERS}, "price")
    assert found.modality == "table"
    assert next(iter(found.examples()))["input"].keys() == {"carat", "x", "cut"}


def test_what_was_asked_for_goes_before(tmp_path: Path) -> None:
    columns = {"age": NUMBERS, "town": CLASSES, "label": LABELS}
    assert raw(tmp_path, "t.csv", columns, modality="text", input="town").modality == "text"
    one = raw(tmp_path, "t.csv", {"text": LONG, "label": LABELS}, modality="table")
    assert next(iter(one.examples()))["input"] == {"text": LONG[0]}
    named = raw(tmp_path, "t.csv", columns, input="age,town")
    assert named.modality == "table"


def test_a_split_and_an_id_are_no_cells(tmp_path: Path) -> None:
    parts = ["train" if n < 30 else "test" for n in ROWS]
    found = raw(tmp_path, "t.csv", {"id": list(ROWS), "age": NUMBERS, "town": CLASSES, "split": parts, "y": LABELS})
    assert next(iter(found.examples()))["input"].keys() == {"age", "town"}
    assert {one["split"] for one in found.examples()} == {"train", "test"}


def test_columns_whose_names_hold_commas_are_found_again(tmp_path: Path) -> None:
    from headstart.data.prepare import prepare
    from headstart.data.reading.open_raw import raw_for

    rows = [{"a, b": n * 0.5, "c": "xy"[n % 2], "label": LABELS[n]} for n in ROWS]
    store = prepare(rows, tmp_path / "out")
    again = raw_for(store.modality, rows[:2])
    assert [one["input"] for one in again.examples()] == [{"a, b": 0.0, "c": "x"}, {"a, b": 0.5, "c": "y"}]


def test_a_table_without_a_column_of_the_model_is_refused(tmp_path: Path) -> None:
    from headstart.data.prepare import prepare
    from headstart.data.reading.open_raw import raw_for

    store = prepare([{"age": n * 0.5, "c": "xy"[n % 2], "label": LABELS[n]} for n in ROWS], tmp_path / "out")
    with pytest.raises(DataError, match="HS-D216"):
        raw_for(store.modality, [{"age": 1.5}])


def test_texts_alone_are_still_texts(tmp_path: Path) -> None:
    assert raw(tmp_path, "t.csv", {"note": LONG, "kind": CLASSES}).modality == "text"
    assert raw(tmp_path, "u.csv", {"note": TEXTS, "label": LABELS}).modality == "text"


def test_a_number_called_x_is_a_cell_where_the_label_is_known(tmp_path: Path) -> None:
    assert raw(tmp_path, "x.csv", {"x": NUMBERS, "kind": CLASSES, "y": LABELS}, "y").modality == "table"
