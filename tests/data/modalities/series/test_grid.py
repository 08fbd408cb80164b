"""Grids of moments: hours, days, working days, months, numbers; and what is not regular."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.data.labels.moments import moments
from headstart.data.modalities.series.grid import Grid, grid_of
from headstart.data.modalities.series.season import period_of

DAY = 86_400.0


def of(texts: list[str]) -> np.ndarray:
    return moments(texts, "date", texts, None)


@pytest.mark.parametrize(
    ("texts", "grid"),
    [
        ([f"2024-01-01 {hour:02}:00" for hour in range(20)], Grid("seconds", 3600.0)),
        ([f"2024-01-{day:02}" for day in range(1, 29)], Grid("seconds", DAY)),
        ([f"2024-01-{day:02}" for day in range(1, 29) if (day - 1) % 7 < 5], Grid("working days")),
        ([f"2024-{month:02}-01" for month in range(1, 13)], Grid("months", 1.0)),
        ([f"{year}-{month:02}-15" for year in (2022, 2023) for month in (1, 4, 7, 10)], Grid("months", 3.0)),
        (["2023-01-31", "2023-02-28", "2023-03-31", "2023-04-30", "2023-05-31"], Grid("months", 1.0)),
        (["2024-01-01", "2024-01-02", "2024-01-09 11:13", "2024-02-17", "2024-02-19"], Grid("rows")),
    ],
)
def test_the_grid_of_moments_is_found(texts: list[str], grid: Grid) -> None:
    assert grid_of(of(texts), dated=True) == grid


def test_missing_moments_leave_their_places_free() -> None:
    times = of([f"2024-01-01 {hour:02}:00" for hour in range(20) if hour not in (5, 6)])
    grid = grid_of(times, dated=True)
    assert grid.places(times).tolist() == [hour for hour in range(20) if hour not in (5, 6)]


@pytest.mark.parametrize(
    ("grid", "start", "steps", "text"),
    [
        (Grid("seconds", 3600.0), "2018-06-26 19:00", 5, "2018-06-27 00:00:00"),
        (Grid("months", 1.0), "2023-01-31", 1, "2023-02-28"),
        (Grid("months", 1.0), "2023-02-28", 1, "2023-03-31"),
        (Grid("months", 3.0), "2023-01-15", 2, "2023-07-15"),
        (Grid("working days"), "2024-01-05", 1, "2024-01-08"),
    ],
)
def test_moments_to_come_lie_on_the_grid(grid: Grid, start: str, steps: int, text: str) -> None:
    assert grid.text(grid.at(float(of([start, start, start])[0]), steps)) == text


def test_the_moment_of_every_place_is_that_of_the_grid() -> None:
    for texts in (
        [f"{2000 + n // 12}-{n % 12 + 1:02}-01" for n in range(40)],
        [f"2024-01-{d:02}" for d in range(1, 30)],
    ):
        times = of(texts)
        grid = grid_of(times, dated=True)
        assert [grid.at(float(times[0]), int(place)) for place in grid.places(times)] == times.tolist()


def test_a_period_is_found_in_noise_and_none_in_a_random_walk() -> None:
    generator = np.random.default_rng(0)
    time = np.arange(600)
    daily = np.sin(2 * np.pi * time / 24) + 0.5 * np.sin(2 * np.pi * time / 168) + 0.01 * time
    assert period_of([daily + 0.3 * generator.normal(size=600)]) == 24
    assert period_of([generator.normal(size=600).cumsum() for _ in range(9)]) == 1


def test_gaps_do_not_hide_the_period() -> None:
    time = np.arange(600)
    values = np.sin(2 * np.pi * time / 12)
    values[np.random.default_rng(0).random(600) < 0.1] = np.nan
    assert period_of([values]) == 12
