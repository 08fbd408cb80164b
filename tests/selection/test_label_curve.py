"""What more labels would bring: the interval holds it, and says nothing where nothing is left to gain."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.core.contracts.metric import Metric, negative
from headstart.selection.folds import Fold
from headstart.selection.label_curve import outlook, sizes
from headstart.selection.memory import Effort, Trial

ACCURACY = Metric("accuracy", fraction=True)
MAE = Metric("mae", lower_is_better=True, from_rows=negative)


def wrong(labels: float, power: float, floor: float, at_hundred: float) -> float:
    return at_hundred * (floor + (1 - floor) * (100 / labels) ** power)


def trials(generator: np.random.Generator, labels: int, power: float, floor: float, at_hundred: float) -> list[Trial]:
    """Hits of five folds, drawn row by row from a known curve; a row is as hard for every number of labels."""
    found = []
    for fold in range(5):
        hard = generator.random(labels // 5)
        for part in (0.15, 0.3, 0.6, 1.0):
            count = round(0.8 * part * labels)
            hits = (hard >= wrong(count, power, floor, at_hundred)).astype(np.float64)
            found.append(Trial(candidate="", fold=fold, effort=Effort(count), row_scores=hits, seconds=0.0))
    return found


@pytest.mark.parametrize(("power", "floor", "at_hundred"), [(0.5, 0.0, 0.3), (0.2, 0.0, 0.4), (1.0, 0.6, 0.2)])
def test_the_interval_holds_the_gain_of_a_known_curve(power: float, floor: float, at_hundred: float) -> None:
    held, rounds = 0, 40
    for seed in range(rounds):
        generator = np.random.default_rng(seed)
        found = outlook(ACCURACY, trials(generator, 200, power, floor, at_hundred), 200, 200, generator)
        truth = wrong(200, power, floor, at_hundred) - wrong(400, power, floor, at_hundred)
        held += found.low <= truth <= found.high
    assert held >= 0.9 * rounds


def test_a_steep_curve_promises_a_point_and_a_finished_one_does_not() -> None:
    generator = np.random.default_rng(0)
    steep = outlook(ACCURACY, trials(generator, 400, 0.6, 0.0, 0.5), 400, 400, generator)
    assert steep.chance > 0.9
    done = outlook(ACCURACY, trials(generator, 2000, 1.0, 0.0, 0.1), 2000, 200, generator)
    assert done.chance < 0.05
    assert steep.least == done.least == 0.01
    assert steep.scores["accuracy"] == steep.score


def test_more_labels_bring_more() -> None:
    seen = trials(np.random.default_rng(1), 200, 0.5, 0.0, 0.4)
    gains = [outlook(ACCURACY, seen, 200, more, np.random.default_rng(0)).gain for more in (10, 50, 200, 1000)]
    assert gains == sorted(gains)
    assert gains[0] < 0.3 * gains[-1]


def test_all_right_is_not_surely_right() -> None:
    seen = [
        Trial(candidate="", fold=fold, effort=Effort(count), row_scores=np.ones(8), seconds=0.0)
        for fold in range(5)
        for count in (8, 16, 32)
    ]
    found = outlook(ACCURACY, seen, 40, 40, np.random.default_rng(0))
    assert found.score_low < 1.0
    assert 0 <= found.gain < 0.05


def test_a_gain_of_an_error_is_how_far_it_falls() -> None:
    generator = np.random.default_rng(2)
    seen = [
        Trial(candidate="", fold=fold, effort=Effort(count), seconds=0.0,
              row_scores=-np.abs(generator.normal(0, 40 / count**0.5, 60)))
        for fold in range(5)
        for count in (30, 60, 120, 240)
    ]  # fmt: skip
    found = outlook(MAE, seen, 300, 300, generator)
    assert found.score == pytest.approx(40 * (2 / np.pi) ** 0.5 / 300**0.5, rel=0.3)
    assert 0 < found.gain < found.high < found.score
    assert found.least == pytest.approx(0.01 * found.score)


def test_every_fold_is_tried_with_the_same_numbers_of_labels() -> None:
    folds = [Fold(0, np.arange(81), np.arange(3)), Fold(1, np.arange(80), np.arange(3))]
    assert [effort.labels for effort in sizes(folds)] == [12, 24, 48, 80]
    assert [effort.labels for effort in sizes([Fold(0, np.arange(9), np.arange(2))])] == [8, 9]
    assert sizes([Fold(0, np.arange(5), np.arange(2))]) == []
