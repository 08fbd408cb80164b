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


def test_families_of_few_tables_and_unknown_ones_are_expected_to_be_like_the_others() -> None:
    prior = Prior(["one"], {"one": (0.0, 0.2, 5), "rare": (3.0, 0.2, 1)})
    losses = 0.2 * np.exp(np.random.default_rng(0).normal(0, 0.02, (2000, 3)))
    assert prior.drawn(losses, ["one", "rare", "new"]).mean(0) == pytest.approx(losses.mean(0), rel=0.03)


def test_what_shone_on_few_rows_is_drawn_back_further_than_what_shone_on_many() -> None:
    generator = np.random.default_rng(0)
    lucky = 0.2 * np.exp(generator.normal(-0.4, 0.5, 2000))
    sure = 0.2 * np.exp(generator.normal(-0.3, 0.03, 2000))
    usual = 0.2 * np.exp(generator.normal(0, 0.03, 2000))
    found = Prior().drawn(np.stack([lucky, sure, usual], 1), ["lucky", "sure", "usual"]).mean(0)
    assert found.argmin() == 1


def test_a_question_without_tables_has_no_prior() -> None:
    assert Prior.of("hum songs", 100) == Prior()
    assert Prior().rank("anything") == 0
