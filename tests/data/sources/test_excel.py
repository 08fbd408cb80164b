"""Workbooks are tables: which sheet, what its cells are, and what was not used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from headstart.core.contracts.access import Access
from headstart.data.prepare import prepare, taken
from headstart.data.sources.excel import Excel
from tests.helpers.sheets import workbook

TEXTS = [
    f"room {n} was {['small', 'large', 'clean'][n % 3]} and the staff {['kind', 'rude'][n % 2]}" for n in range(40)
]


def written(place: Path, sheets: Mapping[str, Sequence[Sequence[Any]]], hidden: Sequence[str] = ()) -> Path:
    (place / "t.xlsx").write_bytes(workbook(sheets, hidden))
    return place / "t.xlsx"


def test_the_first_sheet_with_rows_is_the_table(tmp_path: Path) -> None:
    rows = [["review", "stars"], *[[text, ["one", "five"][n % 2]] for n, text in enumerate(TEXTS)]]
    path = written(tmp_path, {"secret": [["a"], ["b"]], "cover": [], "reviews": rows, "notes": [["x"]]}, ["secret"])
    account = taken(path)
    assert [one.what for one in account.used] == ["sheet reviews", "column review", "column stars"]
    assert account.unused == ("sheet cover", "sheet notes")
    store = prepare(path, tmp_path / "out", near="keep")
    assert sum(store.splits.values()) == 40
    assert {label for split in store.splits for label in store.labels(split)} == {"one", "five"}


def test_cells_are_what_they_look_like(tmp_path: Path) -> None:
    rows = [
        ["text", "day", "moment", "number", "label"],
        ["a", date(2026, 1, 2), datetime(2026, 1, 2, 3, 4), 1.5, 1], [],
        ["b", None, None, "#N/A", 2], ["c"],
    ]  # fmt: skip
    source = Excel(written(tmp_path, {"a": rows}), Access(), input="text", target="label")
    first, second, third = source.examples()
    assert (first["day"], first["moment"], first["number"]) == ("2026-01-02", "2026-01-02T03:04:00", 1.5)
    assert (first["origin"], second["origin"], third["origin"]) == ("t.xlsx:2", "t.xlsx:4", "t.xlsx:5")
    assert second["number"] is None
    assert list(source.labels()) == [1, 2, None]
