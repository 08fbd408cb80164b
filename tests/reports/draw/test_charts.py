"""Charts and maps: every finite value is drawn where it belongs."""

from __future__ import annotations

import re
from importlib import resources
from itertools import pairwise

import numpy as np
import pytest

from headstart.reports import blocks
from headstart.reports.draw.charts import DETAIL, HEIGHT, apart, chart
from headstart.reports.draw.scatter import POINTS, scatter


def paths(svg: str, kind: str) -> list[str]:
    """What each path of a class draws in the stretched box."""
    return re.findall(rf'<path class="{kind}" d="(M[^"]*)"', svg.split('class="stretch"')[1])


def simple(*series: blocks.Series, log_x: bool = False) -> str:
    return chart(blocks.Chart("name", "x", "y", series, log_x=log_x))


def test_a_line_goes_through_its_points_upwards() -> None:
    (line,) = paths(simple(blocks.Series("a", [0, 5, 10], [0, 1, 2])), "line")
    points = [tuple(map(float, point.split())) for point in line[1:].split("L")]
    assert points[1] == (500.0, 500.0)
    assert points[0][0] < points[1][0] < points[2][0]
    assert points[0][1] > points[1][1] > points[2][1]


def test_a_missing_value_is_a_gap_not_a_slope() -> None:
    (line,) = paths(simple(blocks.Series("a", [1, 2, 3, 4, 5], [1, float("nan"), 3, 4, float("inf")])), "line")
    assert line.count("M") == 2
    assert line.count("h0") == 1  # the lone first point is a dot


def test_points_out_of_order_make_the_same_line() -> None:
    shuffled = simple(blocks.Series("a", [3, 1, 2], [9, 1, 4]))
    assert paths(shuffled, "line") == paths(simple(blocks.Series("a", [1, 2, 3], [1, 4, 9])), "line")


def test_intervals_are_bands_around_their_line() -> None:
    svg = simple(blocks.Series("a", [1, 2], [1.0, 2.0], low=[0.5, 1.5], high=[1.5, 2.5]), blocks.Series("b", [1], [1]))
    assert len(paths(svg, "band")) == 1
    assert "a: 1 (0.5 to 1.5) at 1" in svg


@pytest.mark.parametrize("y", [[], [float("nan")] * 3, [float("inf")]])
def test_nothing_finite_is_said_in_words(y: list[float]) -> None:
    assert "Nothing to draw" in simple(blocks.Series("a", list(range(len(y))), y))
    assert "Nothing to draw" in simple()


@pytest.mark.parametrize("value", [0.0, 5.0, -3.0, 1e-9, 1e12, 1e299])
def test_one_point_stands_in_the_middle(value: float) -> None:
    (line,) = paths(simple(blocks.Series("a", [value], [value])), "line")
    assert line == "M500.0 500.0h0"


def test_values_that_are_not_positive_have_no_place_on_a_logarithmic_axis() -> None:
    (line,) = paths(simple(blocks.Series("a", [0, 1, 10, 100], [9, 1, 2, 3]), log_x=True), "line")
    assert line.count("L") == 2


def test_long_lines_are_thinned_to_means_and_keep_every_spike_in_the_band() -> None:
    y = np.zeros(100_000)
    y[54_321] = 7.0
    svg = simple(blocks.Series("a", np.arange(100_000), y))
    (line,), (band,) = paths(svg, "line"), paths(svg, "band")
    assert line.count("L") == DETAIL - 1
    heights = [float(point.split()[1]) for point in re.split("[MLz]", band) if point]
    assert min(heights) < 100 < 900 < max(heights)
    assert "mean and range" in svg


def test_names_at_the_ends_never_cover_each_other() -> None:
    placed = apart([10, 11, 12, 100, 200, 205], gap=17)
    assert all(b - a >= 17 - 1e-9 for a, b in pairwise(placed))
    assert placed[1] == pytest.approx(11)
    assert placed[3] == 100
    assert apart([], gap=17) == []


def test_a_map_draws_each_finite_point_once_in_equal_units() -> None:
    svg = scatter(blocks.Scatter("map", [0, 4, 4, float("nan")], [0, 0, 3, 1], ["a", "a", "b", "b"]))
    spots = [tuple(map(int, spot)) for spot in re.findall(r"M(-?\d+) (-?\d+)h0", svg)]
    assert len(spots) == 3
    ratio = float(re.findall(r"aspect-ratio:([\d.]+)", svg)[0])
    (x0, y0), (x1, _), (_, y2) = spots
    assert (x1 - x0) * ratio / 4 == pytest.approx((y0 - y2) / 3, rel=0.02)
    assert "<bdi>b</bdi> <span>1</span>" in svg


def test_large_maps_are_thinned_and_say_so() -> None:
    n = 3 * POINTS
    svg = scatter(blocks.Scatter("map", np.arange(n), np.arange(n) % 97, [str(k % 3) for k in range(n)]))
    assert svg.count("h0") <= POINTS + 3
    assert f"One in 3 of {n:,} points is drawn." in svg


def test_a_map_of_nothing_and_of_one_point() -> None:
    assert "Nothing to draw" in scatter(blocks.Scatter("map", [], [], []))
    assert "M500 500h0" in scatter(blocks.Scatter("map", [7], [7], ["a"]))


def test_names_at_the_ends_of_lines_stand_where_the_style_puts_the_lines() -> None:
    style = resources.files("headstart.reports").joinpath("style.css").read_text("utf-8")
    wide = style[: style.index("@media (max-width")]  # narrow pages have a legend instead
    assert re.findall(r"\.plot > svg \{[^}]*height: (\d+)px", wide) == [str(HEIGHT)]
