"""A target that changes with time is told where rows are not split by time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headstart.evaluation.column_leaks.drift import drifting
from tests.helpers.planted_tables import plain, planted

COUNT = 600


def dated(drift: float, *, number: bool = False) -> dict[str, Any]:
    generator = np.random.default_rng(0)
    days = generator.integers(1000, size=COUNT)
    score = drift * (days / 1000 - 0.5) + generator.normal(size=COUNT)
    target = score if number else np.where(score > 0, "yes", "no")
    since = [str(np.datetime64("2020-01-01") + np.timedelta64(int(day), "D")) for day in days]
    return {"since": since, **plain(COUNT, generator), "target": target}


def again(option: str, column: str) -> str:
    return f"headstart prepare X --{option} {column}"


@pytest.mark.parametrize("number", [False, True])
def test_a_target_that_drifts_is_told_with_the_option(tmp_path: Path, number: bool) -> None:
    task, store, rows = planted(tmp_path, dated(3.0, number=number))
    (told,) = drifting(task, store, rows, again)
    assert "column since" in told
    assert "--time since" in told
    assert ("mean" if number else "share of '") in told


@pytest.mark.parametrize("number", [False, True])
def test_nothing_is_said_where_it_does_not(tmp_path: Path, number: bool) -> None:
    task, store, rows = planted(tmp_path, dated(0.0, number=number))
    assert drifting(task, store, rows, again) == []


def test_nothing_is_said_of_rows_that_are_split_by_time(tmp_path: Path) -> None:
    task, store, rows = planted(tmp_path, dated(3.0), time="since")
    assert drifting(task, store, rows, again) == []
