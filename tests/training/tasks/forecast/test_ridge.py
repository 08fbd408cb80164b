"""The closed-form forecaster: its sums, its penalties, and what it makes of moments in another order."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.training.tasks.forecast.choosing import chosen
from headstart.training.tasks.forecast.ridge import Lags, WindowFit, fit_windows

STEPS, AHEAD, PERIOD = 144, 12, 12


def windows(length: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Windows of a noisy series that repeats every 12 steps while its shape drifts: features, targets, moments."""
    generator = np.random.default_rng(seed)
    shape = generator.normal(size=PERIOD) + np.cumsum(0.3 * generator.normal(size=(length // PERIOD + 1, PERIOD)), 0)
    values = shape.ravel()[:length] + generator.normal(size=length)
    cut = np.lib.stride_tricks.sliding_window_view(values, STEPS + AHEAD)
    cut = cut - cut[:, STEPS - 1 : STEPS]
    return cut[:, :STEPS], cut[:, STEPS:], np.arange(len(cut), dtype=float)


def missed(fit: WindowFit, features: np.ndarray, targets: np.ndarray) -> float:
    return float(np.square(targets - features @ fit.linear.weight - fit.linear.bias).mean())


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_weights_a_period_apart_are_alike_where_that_helps(seed: int) -> None:
    x, y, at = windows(3000, seed)
    learned, later = slice(0, 1400), slice(1500, None)
    plain = fit_windows(x[learned], y[learned], at[learned])
    apart = fit_windows(x[learned], y[learned], at[learned], Lags(1, STEPS, PERIOD))
    assert apart.linear.chosen["penalty_apart"] > 0
    assert missed(apart, x[later], y[later]) < 0.99 * missed(plain, x[later], y[later])


def test_rows_in_any_order_give_the_same_map() -> None:
    x, y, at = windows(1500)
    mixed = np.random.default_rng(0).permutation(len(x))
    one = fit_windows(x, y, at, Lags(1, STEPS, PERIOD))
    other = fit_windows(x[mixed], y[mixed], at[mixed], Lags(1, STEPS, PERIOD))
    assert np.allclose(one.linear.weight, other.linear.weight, atol=1e-6)
    assert np.allclose(one.errors, other.errors, atol=1e-6)


def test_left_out_rows_come_after_those_that_are_learned() -> None:
    """Rows of the last sixth hold nonsense: errors of the rows before do not know of it."""
    x, y, at = windows(1500)
    fit = fit_windows(x, y, at)
    begin = round(len(x) * 5 / 6) - round(len(x) / 2)
    wrong = y.copy()
    wrong[round(len(x) * 5 / 6) :] = 100.0
    other = fit_windows(x, wrong, at)
    assert np.abs(other.errors[begin:]).mean() > 50
    if fit.linear.chosen["penalty"] == other.linear.chosen["penalty"]:
        assert np.allclose(fit.errors[:begin], other.errors[:begin])


def test_the_error_of_the_chosen_penalties_is_that_of_the_left_out_rows() -> None:
    x, y, at = windows(1500)
    fit = fit_windows(x, y, at)
    parts = np.array_split(np.square(fit.errors).mean(1), 3)
    assert fit.linear.chosen["held_out_mse"] == pytest.approx(np.mean([part.mean() for part in parts]), rel=1e-3)


def test_a_period_outside_of_the_window_or_other_features_have_no_second_penalty() -> None:
    assert Lags(1, 24, 24).apart(24) is None
    assert Lags(1, 24, 1).apart(24) is None
    assert Lags(1, 24, 12).apart(23) is None
    wider = Lags(1, 24, 12).apart(25)
    assert wider is not None
    assert not wider[24].any()
    form = Lags(2, 24, 12).apart(48)
    assert form is not None
    same = np.tile(np.arange(12.0), 2)
    assert np.concatenate([same, 3 * same]) @ form @ np.concatenate([same, 3 * same]) == 0
    assert np.arange(48.0) @ form @ np.arange(48.0) == 2 * 12 * 12**2


def test_train_rows_that_came_later_speak_against_a_model_that_valid_rows_favour() -> None:
    generator = np.random.default_rng(0)
    squares = {0: 0.95 + 0.01 * generator.random(80), 1: np.ones(80)}
    at = np.arange(80.0)
    assert chosen(squares, at, 8, {}) == 0
    assert chosen(squares, at, 8, {0: np.full(100, 1.2), 1: np.ones(100)}) == 1
