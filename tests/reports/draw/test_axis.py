"""Axes: round ticks inside their bounds."""

from __future__ import annotations

import pytest

from headstart.reports.draw.axis import Axis, linear, logarithmic, round_step


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0, 1], ["0", "0.25", "0.50", "0.75", "1.00"]),
        ([0, 100], ["0", "25", "50", "75", "100"]),
        ([0.91, 0.97], ["0.92", "0.94", "0.96"]),
        ([-3, 3], ["−2", "0", "2"]),
        ([0, 60_000], ["0", "20k", "40k", "60k"]),
        ([0, 1.6e6], ["0", "0.5M", "1.0M", "1.5M"]),
        ([0, 3e-7], ["0", "1e−07", "2e−07", "3e−07"]),
        ([5, 5], ["5"]),
    ],
)
def test_linear_ticks_are_round_and_short(values: list[float], texts: list[str]) -> None:
    axis = linear(values)
    assert [axis.text(tick) for tick in axis.ticks] == texts


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([10, 100, 1000], ["10", "100", "1000"]),
        ([10, 30, 100, 300], ["10", "30", "100", "300"]),
        ([1, 20_000], ["1", "20k"]),
        ([0.001, 0.01], ["0.001", "0.010"]),
        ([7], ["7"]),
    ],
)
def test_few_values_are_the_ticks_of_a_logarithmic_axis(values: list[float], texts: list[str]) -> None:
    axis = logarithmic(values)
    assert [float(axis.text(tick).replace("k", "e3")) for tick in axis.ticks] == [
        float(text.replace("k", "e3")) for text in texts
    ]


def test_many_values_get_ticks_at_powers_of_ten() -> None:
    axis = logarithmic([1.5**k for k in range(30)])
    assert [axis.text(tick) for tick in axis.ticks] == ["1", "10", "100", "1000", "10k", "100k"]


@pytest.mark.parametrize("values", [[0, 1], [-5, 1e9], [1e-12, 2e-12], [3, 3], [0, 0], [-1e299, 1e299], [1, 1 + 1e-15]])
def test_every_value_lies_inside_its_axis(values: list[float]) -> None:
    axis = linear(values)
    assert all(0 <= axis.place(value) <= 100 for value in [*values, *axis.ticks])
    assert 1 <= len(axis.ticks) <= 9


def test_places_follow_the_logarithm() -> None:
    axis = Axis(1, 100, (1, 10, 100), log=True)
    assert [axis.place(value) for value in (1, 10, 100)] == pytest.approx([0, 50, 100])


@pytest.mark.parametrize(("rough", "step"), [(0.9, 1), (1, 1), (1.1, 2), (2.2, 2.5), (3, 5), (6, 10), (0.03, 0.05)])
def test_steps_are_one_two_two_and_a_half_or_five(rough: float, step: float) -> None:
    assert round_step(rough) == pytest.approx(step)
