"""Rows that are drawn for a linear model."""

import numpy as np
import pytest

from headstart.training.linear import drawn_rows
from headstart.training.linear.drawn_rows import Draw, most_rows


def test_few_rows_all_stay_in_their_order() -> None:
    draw = Draw(np.random.default_rng(0))
    for start in (0, 3):
        draw.add(np.arange(start, start + 3, dtype=np.float32)[:, None])
    drawn = draw.done()
    assert drawn.rows.tolist() == [0, 1, 2, 3, 4, 5]
    assert drawn.x[:, 0].tolist() == [0, 1, 2, 3, 4, 5]


def test_of_very_many_rows_a_part_stays_from_all_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn_rows, "ALWAYS", 1_000)
    monkeypatch.setattr(drawn_rows, "VALUES", 0)
    draw = Draw(np.random.default_rng(0))
    for start in range(0, 40_000, 500):
        draw.add(np.arange(start, start + 500, dtype=np.float32)[:, None])
    drawn = draw.done()
    assert 700 <= len(drawn.rows) <= 1_000
    assert np.array_equal(drawn.rows, drawn.x[:, 0])
    quarters = np.histogram(drawn.rows, 4, (0, 40_000))[0]
    assert quarters.min() > 0.15 * len(drawn.rows)
    assert 0.4 < (drawn.rows % 2).mean() < 0.6  # also where classes take turns


def test_narrow_rows_may_be_more() -> None:
    assert most_rows(10) == 5_000_000
    assert most_rows(5_000) == 100_000
