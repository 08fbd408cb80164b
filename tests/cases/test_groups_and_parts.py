"""Groups keep rows together only where they have one; a column of parts is honoured whatever it calls them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from headstart.data.prepare import prepare
from headstart.data.store import Store


def prepared(place: Path, **columns: list[object]) -> Store:
    count = len(next(iter(columns.values())))
    frame = pd.DataFrame(
        {"text": [f"row number {n}" for n in range(count)], "label": ["a", "b"] * (count // 2), **columns}
    )
    frame.to_csv(place / "t.csv", index=False)
    group = "patient" if "patient" in columns else None
    return prepare(place / "t.csv", place / "out", group=group, near="keep")


def test_rows_without_a_group_are_for_themselves(tmp_path: Path) -> None:
    store = prepared(tmp_path, patient=["p1" if n % 2 else "" for n in range(120)])
    assert "60 rows have no group and count each for itself" in store.warnings
    groups = [example["group"] for part in store.splits for example in store.examples(part)]
    assert groups.count("p1") == 60
    assert len(set(groups)) == 61
    parts = [part for part in store.splits if any(e["group"] != "p1" for e in store.examples(part))]
    assert parts == ["train", "valid", "test"]


def test_a_group_has_one_name_in_all_spellings_of_its_number(tmp_path: Path) -> None:
    store = prepared(tmp_path, patient=["7", "7.0", " 7", "07", "1_0", "10"] * 10)
    groups = {example["group"] for part in store.splits for example in store.examples(part)}
    assert groups == {"7", "1_0", "10"}


PARTS = {
    "eval": "valid", "evaluation": "valid", "dev": "valid", "VAL": "valid", "val_2": "valid", "validation set": "valid",
    "holdout": "test", "hold-out": "test", "held_out": "test", "test_public": "test", "private test": "test",
    "TEST": "test", "test1": "test", "train_extra": "train", "Training": "train",
}  # fmt: skip


@pytest.mark.parametrize("word", PARTS)
def test_parts_are_honoured_by_their_names(word: str, tmp_path: Path) -> None:
    store = prepared(tmp_path, split=["train", "train", word, word] * 10)
    assert store.splits == ({"train": 40} if PARTS[word] == "train" else {"train": 20, PARTS[word]: 20})


def test_names_of_parts_that_were_guessed_or_not_understood_are_said(tmp_path: Path) -> None:
    store = prepared(tmp_path, split=["train", "train", "test_public", "extra"] * 10)
    assert store.splits == {"train": 30, "test": 10}
    assert "parts were read by their names: 'test_public' as test (10)" in store.warnings
    assert "10 rows outside the given parts ('extra') count as train" in store.warnings


def test_a_column_that_ticks_the_valid_rows_is_honoured(tmp_path: Path) -> None:
    assert prepared(tmp_path, is_valid=[True, True, False, False] * 10).splits == {"train": 20, "valid": 20}
