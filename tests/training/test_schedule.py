"""Schedules are pure functions of numbers."""

from __future__ import annotations

import math
from typing import Any

import pytest

from headstart.training.plan import rate_factor


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
@pytest.mark.parametrize("warmup", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("final", [0.0, 0.2])
def test_the_pace_rises_to_1_and_falls_to_its_end(schedule: Any, warmup: float, final: float) -> None:
    paces = [rate_factor(i / 1000, schedule, warmup=warmup, final=final) for i in range(1001)]
    assert all(0 <= one <= 1 for one in paces)
    top = round(1000 * warmup)
    assert paces[: top + 1] == sorted(paces[: top + 1])
    assert paces[top:] == sorted(paces[top:], reverse=True)
    assert max(paces) == pytest.approx(1, abs=2e-3)
    if warmup < 1:
        assert paces[-1] == pytest.approx(final)


def test_half_way_through_the_cosine_is_half_the_rate() -> None:
    assert rate_factor(0.6, "cosine", warmup=0.2, final=0.0) == pytest.approx(0.5)
    assert rate_factor(0.3, "cosine", warmup=0.2, final=0.0) == pytest.approx(0.5 * (1 + math.cos(math.pi / 8)))


def test_a_constant_pace_stays() -> None:
    assert [rate_factor(done, "constant", warmup=0.1, final=0.0) for done in (0.1, 0.5, 1.0)] == [1, 1, 1]
    assert rate_factor(0.05, "constant", warmup=0.1, final=0.0) == pytest.approx(0.5)
