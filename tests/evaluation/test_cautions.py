"""Few rows and unequal classes are told in words; many rows of equal classes are not."""

from __future__ import annotations

import pytest

from headstart.core.contracts.metric import Metric
from headstart.core.errors import DataError
from headstart.evaluation.cautions import few_rows, nearly_perfect, unequal_classes, unknown_labels

SCORES = {"accuracy": 0.9, "accuracy_low": 0.6, "accuracy_high": 1.0}


def test_few_scored_rows_are_told_with_their_interval() -> None:
    (told,) = few_rows("accuracy", SCORES, 12, "test")
    assert told.startswith("only 12 test rows are scored: the 95 % interval of accuracy is 0.600 to 1.000")
    assert few_rows("accuracy", SCORES, 100, "test") == []


def test_a_class_of_most_rows_and_classes_of_hardly_any_are_told() -> None:
    true = ["fine"] * 95 + ["broken"] * 5
    (told,) = unequal_classes(true, ["fine", "broken"], "accuracy")
    assert "95% of the scored rows are of the class 'fine'" in told
    assert "macro_f1" in told
    (told,) = unequal_classes([*"ab"] * 20 + ["c"], [*"abcdefgh"], "accuracy")
    assert told.startswith("6 of 8 classes have fewer than 5 scored rows ('c', 'd', 'e', 'f', 'g', ...)")


def test_equal_classes_need_no_word() -> None:
    assert unequal_classes([*"ab"] * 20, [*"ab"], "accuracy") == []
    assert unequal_classes([], [], "accuracy") == unequal_classes(["a"] * 9, ["a"], "accuracy") == []


def test_labels_that_a_model_does_not_know_are_told_and_refused_where_it_knows_none() -> None:
    assert unknown_labels(["a", "b"], ["a", "b"]) == []
    (told,) = unknown_labels(["a", "b."], ["a", "b"])
    assert told.startswith("1 of 2 rows have labels that the model does not know ('b.')")
    with pytest.raises(DataError, match="knows none of the labels") as refused:
        unknown_labels(["a.", "b."], ["a", "b"])
    assert "expected 'a', 'b'" in refused.value.line()


def test_a_table_that_is_answered_too_well_is_told() -> None:
    metrics = {one.name: one for one in (Metric("rmse", lower_is_better=True), Metric("r2", fraction=True))}
    (told,) = nearly_perfect(metrics, {"rmse": 0.01, "r2": 0.999}, None)
    assert told.startswith("r2 0.999 is rare for a table: see in the report which columns")
    assert nearly_perfect(metrics, {"rmse": 0.99, "r2": 0.98}, None) == []
    accuracy = {"accuracy": Metric("accuracy", fraction=True)}
    assert nearly_perfect(accuracy, {"accuracy": 0.995}, 0.99) == []  # as good as one answer to every row
    assert nearly_perfect(accuracy, {"accuracy": 0.995}, 0.5) != []
