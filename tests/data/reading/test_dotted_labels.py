"""Labels of a test file that end with a dot, as those of Adult, are read as those of train; others are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from headstart.core.errors import DataError
from headstart.data.labels.spelling import dotted_names
from headstart.data.prepare import prepare
from headstart.data.store import Store


def both(place: Path, train: tuple[str, str], test: tuple[str, str]) -> Store:
    for name, labels in (("train", train), ("test", test)):
        lines = [f"{row * 1.5 + (name == 'test') / 7},{'ab'[row // 2 % 2]},{labels[row % 2]}" for row in range(40)]
        (place / f"{name}.csv").write_text("\n".join(["age,town,income", *lines]) + "\n")
    return prepare([place / "train.csv", place / "test.csv"], place / "out", target="income")


def test_a_dot_at_the_end_of_every_label_of_a_file_is_left_out(tmp_path: Path) -> None:
    store = both(tmp_path, (">50K", "<=50K"), (">50K.", "<=50K."))
    assert set(store.labels("test")) == {">50K", "<=50K"}
    assert any("'>50K.' as '>50K'" in one for one in store.warnings)


def test_other_differences_are_refused_with_their_cause(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        both(tmp_path, ("yes", "no"), ("YES", "NO"))
    assert refused.value.code == "HS-D342"
    assert "'NO' here and 'no' in train differ in capitals or punctuation alone" in refused.value.line()


def test_classes_that_are_really_new_have_the_usual_advice(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        both(tmp_path, ("yes", "no"), ("yes", "maybe"))
    assert "add train rows of it" in refused.value.line()


def test_names_are_read_alike_only_where_all_of_a_file_end_with_a_dot_and_are_known_without() -> None:
    assert dotted_names([{"a", "b"}, {"a.", "b."}]) == {"a.": "a", "b.": "b"}
    assert dotted_names([{"a", "b"}, {"a."}]) == {"a.": "a"}
    assert dotted_names([{"a", "b"}, {"a.", "b"}]) == {}
    assert dotted_names([{"a", "b"}, {"a.", "c."}]) == {}
    assert dotted_names([{"a", "b", "a."}, {"a."}]) == {}
    assert dotted_names([{"Inc.", "Ltd."}]) == {}
