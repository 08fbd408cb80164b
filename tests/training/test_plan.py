"""Budgets are pure functions of numbers; a plan refuses what is none."""

from __future__ import annotations

import math
from typing import Any

import pytest

from headstart.core.errors import RecipeError
from headstart.training.plan import Plan, progress, total_steps


def test_the_first_budget_that_is_given_decides() -> None:
    assert total_steps(Plan(steps=7, minutes=1, epochs=3), 100, 10) == 7
    assert total_steps(Plan(minutes=1, epochs=3), 100, 10) is None
    assert total_steps(Plan(epochs=3), 100, 10) == 30


@pytest.mark.parametrize(("epochs", "rows", "batch", "steps"), [(1, 101, 10, 11), (0.5, 100, 10, 5), (0.001, 5, 5, 1)])
def test_part_of_a_step_is_a_step(epochs: float, rows: int, batch: int, steps: int) -> None:
    assert total_steps(Plan(epochs=epochs), rows, batch) == steps


def test_few_rows_still_get_the_least_number_of_steps() -> None:
    assert total_steps(Plan(epochs=3, min_steps=50), 100, 10) == 50
    assert total_steps(Plan(epochs=30, min_steps=50), 100, 10) == 300
    assert total_steps(Plan(steps=7, min_steps=50), 100, 10) == 7
    with pytest.raises(RecipeError, match="min_steps"):
        Plan(min_steps=-1)


def test_progress_goes_from_0_to_1_and_never_beyond() -> None:
    assert [progress(step, 9e9, 4, 1.0) for step in range(6)] == [0, 0.25, 0.5, 0.75, 1, 1]
    assert progress(10**9, 30.0, None, 1.0) == 0.5
    assert progress(0, 90.0, None, 1.0) == 1.0


@pytest.mark.parametrize(
    "settings",
    [{"steps": 0}, {"minutes": 0.0}, {"epochs": -1}, {"lr": 0}, {"lr": math.nan}, {"lr": math.inf}, {"batch": 0},
     {"warmup": 1.1}, {"final": -0.1}, {"ema": 2}, {"batch": 10, "accumulate": 3}, {"accumulate": 0}, {"check": 0}],
)  # fmt: skip
def test_a_plan_that_cannot_be_is_refused_at_once(settings: dict[str, Any]) -> None:
    with pytest.raises(RecipeError):
        Plan(**settings)
