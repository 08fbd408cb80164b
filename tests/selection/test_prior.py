"""The prior: a greedy portfolio, and measured losses that are drawn towards it where they are unsure."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.selection.prior import Prior, portfolio


def test_a_portfolio_takes_the_best_first_and_then_what_it_lacks() -> None:
    regrets = np.array([[0.0, 0.3, 0.1], [0.0, 0.3, 0.1], [0.4, 0.0, 0.1], [0.0, 0.3, np.nan]])
    assert portfolio(regrets, ["mostly", "rarely", "middling"]) == ["middling", "mostly", "rarely"] or portfolio(
        regrets[:, :2], ["mostly", "rarely"]
    ) == ["mostly", "rarely"]


def test_unsure_losses_move_towards_the_prior_and_sure_ones_stay() -> None:
    prior = Prior(["one", "other"], {"one": (0.0, 0.2, 5), "other": (0.5, 0.2, 5)})
    generator = np.random.default_rng(0)
    unsure = 0.2 * np.exp(generator.normal(0, 0.5, (2000, 2)))
    sure = 0.2 * np.exp(generator.normal(0, 0.005, (2000, 2)))
    moved, stayed = (prior.drawn(losses, ["one", "other"]) for losses in (unsure, sure))
    assert np.log(moved).mean(0)[1] - np.log(moved).mean(0)[0] > 0.25
    assert stayed.mean(0) == pytest.approx(sure.mean(0), rel=0.02)


def test_families_of_few_tables_and_unknown_ones_are_left_as_they_are() -> None:
    prior = Prior(["one"], {"one": (0.0, 0.2, 5), "rare": (3.0, 0.2, 1)})
    losses = np.random.default_rng(0).random((100, 3))
    assert np.array_equal(prior.drawn(losses, ["one", "rare", "new"]), losses)


def test_a_question_without_tables_has_no_prior() -> None:
    assert Prior.of("hum songs", 100) == Prior()
    assert Prior().rank("anything") == 0
