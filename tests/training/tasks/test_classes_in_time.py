"""Classes in order of time: which rows are near a change, and who repeats the last label."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.evaluation.over_time import walk
from headstart.training.tasks.classify.in_time import NEAR, near_change, over_time, times_of


@pytest.fixture
def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, answers and times of 300 rows that lie in any order."""
    generator = np.random.default_rng(0)
    truth = np.repeat(generator.integers(0, 3, 40), generator.integers(3, 13, 40))[:300]
    said = np.where(generator.random(len(truth)) < 0.1, (truth + 1) % 3, truth)
    order = generator.permutation(len(truth))
    return truth[order], said[order], np.arange(len(truth))[order].astype(float)


def test_rows_near_a_change_equal_the_slow_loop(rows: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, _, times = rows
    by_time = truth[np.argsort(times)]
    changes = [place for place in range(1, len(by_time)) if by_time[place] != by_time[place - 1]]
    slow = [any(place - NEAR <= at < place + NEAR for place in changes) for at in range(len(by_time))]
    assert near_change(truth, times)[np.argsort(times)].tolist() == slow


def test_losses_stand_beside_those_of_repeating_the_last_label(rows: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, said, times = rows
    found = over_time(truth, said, times)
    by_time = truth[np.argsort(times)]
    model, last = found.losses.values()
    assert model.mean() == pytest.approx((truth != said).mean())
    assert last.sum() == sum(by_time[place] != by_time[place - 1] for place in range(1, len(by_time)))
    told = walk(found, 0)
    assert [line["period"] for line in told.lines] == [f"part {part} of 5" for part in range(1, 6)]
    near = next(line for line in told.apart if "change" in line["period"])
    assert near["repeating the last label"] > 0.2
    assert next(line for line in told.apart if line["period"] == "elsewhere")["repeating the last label"] == 0
    assert any("steps from a change of label" in sentence for sentence in told.said)


def test_labels_that_never_change_have_no_rows_apart() -> None:
    found = over_time(np.zeros(10, int), np.zeros(10, int), np.arange(10.0))
    assert found.apart == {}


def test_rows_without_times_are_in_no_order() -> None:
    assert times_of([{"label": "a", "time": 1.0}, {"label": "b"}]) is None
    assert times_of([]) is None
