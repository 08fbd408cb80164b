"""An id, or the order of the rows, that sorts with the target is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headstart.evaluation.column_leaks.hidden_order import in_order_of_target
from tests.helpers.planted_tables import plain, planted

COUNT = 400


def cases(ids: Any, *, number: bool = False, shuffled: bool = True) -> dict[str, Any]:
    """Rows numbered in the order of the target, and shuffled after that."""
    generator = np.random.default_rng(0)
    score = np.sort(generator.normal(size=COUNT))
    target = score if number else np.where(score > 0.5, "yes", "no")
    order = generator.permutation(COUNT) if shuffled else np.arange(COUNT)
    columns = {"case_id": np.array([ids(row) for row in range(COUNT)]), **plain(COUNT, generator), "target": target}
    return {name: np.asarray(values)[order] for name, values in columns.items()}


@pytest.mark.parametrize("number", [False, True])
@pytest.mark.parametrize("ids", [lambda row: f"K-{row + 1000}", lambda row: row * 3])
def test_an_id_that_sorts_with_the_target_is_told(tmp_path: Path, ids: Any, number: bool) -> None:
    (told,) = in_order_of_target(*planted(tmp_path, cases(ids, number=number)), 0)
    assert "column case_id, which models do not see" in told
    assert "place of a row" not in told


def test_rows_in_the_order_of_the_target_are_told(tmp_path: Path) -> None:
    (told,) = in_order_of_target(*planted(tmp_path, cases(lambda row: row * 7919 % 100_003, shuffled=False)), 0)
    assert "the place of a row in its file" in told
    assert "case_id" not in told


def test_nothing_is_said_of_ids_that_say_nothing(tmp_path: Path) -> None:
    assert in_order_of_target(*planted(tmp_path, cases(lambda row: row * 7919 % 100_003)), 0) == []
