"""Answers in order of time: intervals over blocks, verdicts in words, and what a rule earns."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.core.contracts.over_time import OverTime, Trades
from headstart.evaluation.over_time import REPLICATES, block_means, walk


def found(model: np.ndarray, other: np.ndarray, span: int = 1, trades: Trades | None = None) -> OverTime:
    years = [str(2000 + place // 50) for place in range(len(model))]
    return OverTime(of_rows=years, periods=years, span=span, metric="mse",
                    losses={"the model": model, "the last value": other}, trades=trades)  # fmt: skip


def test_blocks_in_a_circle_have_the_mean_of_all_rows_and_the_spread_of_a_slow_loop() -> None:
    generator = np.random.default_rng(0)
    rows = generator.standard_normal((97, 1)).cumsum(0)
    fast = block_means(rows, 10, np.random.default_rng(1))[:, 0]
    slow = []
    for _ in range(REPLICATES):
        starts = generator.integers(0, 97, 10)
        slow.append(np.mean([rows[(start + step) % 97, 0] for start in starts for step in range(10)]))
    assert fast.mean() == pytest.approx(rows.mean(), abs=4 * fast.std() / REPLICATES**0.5)
    assert fast.std() == pytest.approx(np.std(slow), rel=0.1)


@pytest.mark.parametrize(("gain", "words"), [(0.5, "better than"), (0.0, "not better than"), (-0.5, "worse than")])
def test_the_verdict_is_told_in_words(gain: float, words: str) -> None:
    generator = np.random.default_rng(0)
    other = generator.chisquare(1, 400)
    walked = walk(found(other - gain + 0.5 * generator.standard_normal(400), other), 0)
    assert f"{words} the last value (" in walked.said[0]


def test_an_answer_without_a_model_that_answers_itself_is_not_beaten() -> None:
    losses = np.random.default_rng(0).chisquare(1, 100)
    assert "not better than the last value, which answers in its place" in walk(found(losses, losses), 0).said[0]


def test_intervals_of_overlapping_errors_are_wider() -> None:
    generator = np.random.default_rng(0)
    losses = np.convolve(generator.chisquare(1, 500), np.ones(20) / 20, "valid")
    narrow, wide = (walk(found(losses, losses + 0.1 * generator.standard_normal(len(losses)), span), 0).lines[0]
                    for span in (1, 12))  # fmt: skip
    assert wide["mse_high"] - wide["mse_low"] > narrow["mse_high"] - narrow["mse_low"]


def test_every_period_has_its_mean_and_few_moments_no_interval() -> None:
    losses = np.random.default_rng(0).chisquare(1, 170)
    lines = walk(found(losses, losses), 0).lines
    assert [line["period"] for line in lines] == ["2000", "2001", "2002", "2003"]
    assert [line["moments"] for line in lines] == [50, 50, 50, 20]
    assert lines[3]["mse"] == pytest.approx(losses[150:].mean())
    assert "mse_low" not in walk(found(losses, losses, span=30), 0).lines[0]


def test_what_a_rule_earns_equals_a_slow_loop() -> None:
    generator = np.random.default_rng(0)
    hold, turned = 0.01 * generator.standard_normal(100), (generator.random(100) < 0.3).astype(float)
    rule = np.where(generator.random(100) < 0.5, hold, 0.0)
    years = [str(2000 + place // 50) for place in range(100)]
    trades = Trades(words="long or flat", periods=years, rule=rule, hold=hold, turned=turned, yearly=250.0)
    walked = walk(found(hold**2, hold**2, trades=trades), 0)
    capital = 1.0
    for one in rule[:50]:
        capital *= 1 + one
    assert walked.lines[0]["rule_return"] == pytest.approx(capital - 1)
    assert walked.growth["rule"][0] == pytest.approx(capital)
    assert walked.figures["rule_mean"] == pytest.approx(250 * rule.mean())
    assert walked.figures["hold_sharpe"] == pytest.approx(hold.mean() / hold.std() * 250**0.5)
    assert walked.figures["turns"] == pytest.approx(250 * turned.mean())
    assert walked.figures["difference"] == pytest.approx(250 * (rule - hold).mean())
    assert "difference" in walked.said[1]
