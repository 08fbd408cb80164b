"""Budgets and schedules are pure functions of numbers."""

from __future__ import annotations

import math
from typing import Any

import pytest

from headstart.core.errors import RecipeError
from headstart.training.plan import Plan, pace, progress, total_steps


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


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
@pytest.mark.parametrize("warmup", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("final", [0.0, 0.2])
def test_the_pace_rises_to_1_and_falls_to_its_end(schedule: Any, warmup: float, final: float) -> None:
    plan = Plan(schedule=schedule, warmup=warmup, final=final)
    paces = [pace(i / 1000, plan) for i in range(1001)]
    assert all(0 <= one <= 1 for one in paces)
    top = round(1000 * warmup)
    assert paces[: top + 1] == sorted(paces[: top + 1])
    assert paces[top:] == sorted(paces[top:], reverse=True)
    assert max(paces) == pytest.approx(1, abs=2e-3)
    if warmup < 1:
        assert paces[-1] == pytest.approx(final)


def test_half_way_through_the_cosine_is_half_the_rate() -> None:
    plan = Plan(warmup=0.2)
    assert pace(0.6, plan) == pytest.approx(0.5)
    assert pace(0.3, plan) == pytest.approx(0.5 * (1 + math.cos(math.pi / 8)))


def test_a_constant_pace_stays() -> None:
    plan = Plan(schedule="constant", warmup=0.1)
    assert [pace(done, plan) for done in (0.1, 0.5, 1.0)] == [1, 1, 1]
    assert pace(0.05, plan) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "settings",
    [{"steps": 0}, {"minutes": 0.0}, {"epochs": -1}, {"lr": 0}, {"lr": math.nan}, {"lr": math.inf}, {"batch": 0},
     {"warmup": 1.1}, {"final": -0.1}, {"ema": 2}, {"batch": 10, "accumulate": 3}, {"accumulate": 0}, {"check": 0}],
)  # fmt: skip
def test_a_plan_that_cannot_be_is_refused_at_once(settings: dict[str, Any]) -> None:
    with pytest.raises(RecipeError):
        Plan(**settings)
