"""Intervals: equal to slow loops, right as often as they say, and honest in the corners."""

import numpy as np
import pytest
from scipy.stats import norm

from headstart.core.contracts.metric import Metric, negative
from headstart.evaluation.intervals import (
    arm_interval,
    arm_replicates,
    gain_interval,
    groups_of,
    mean_interval,
    resampled_means,
)
from headstart.evaluation.resampled_scores import score_interval, score_intervals
from headstart.evaluation.shares import wilson
from headstart.training.tasks.classify.answer import METRICS as CLASSES
from headstart.training.tasks.regress.answer import METRICS as VALUES

ACCURACY, RMSE = CLASSES[0], VALUES[0]


def two_arms(generator, seeds, rows, *, row_spread=1.0, seed_spread=0.1):
    """Hits of two arms whose true accuracies are 0.75 and 0.70, over rows and seeds drawn anew (a probit model)."""
    difficulty = generator.normal(0, row_spread, rows)
    advantage = generator.normal(0, 0.3 * row_spread, rows)  # some rows suit one arm more
    total = np.sqrt(1.09 * row_spread**2 + seed_spread**2 + 1.25)

    def arm(accuracy, side):
        luck = generator.normal(0, seed_spread, (seeds, 1)) + generator.normal(0, 1.25**0.5, (seeds, rows))
        return (norm.ppf(accuracy) * total + difficulty + side * advantage + luck > 0).astype(float)

    return arm(0.75, 1), arm(0.70, -1)


def test_resampled_means_have_the_moments_of_the_plain_loop():
    columns = np.random.default_rng(0).normal(size=(40, 2)) * [1, 3]
    fast = resampled_means(columns, np.random.default_rng(1), replicates=4000)
    generator = np.random.default_rng(2)
    slow = np.array([columns[generator.integers(0, 40, 40)].mean(0) for _ in range(4000)])
    np.testing.assert_allclose(fast.mean(0), columns.mean(0), atol=0.05)
    np.testing.assert_allclose(fast.std(0), slow.std(0), rtol=0.05)


def test_resampled_means_in_chunks_equal_one_chunk(monkeypatch):
    columns = np.random.default_rng(0).normal(size=(30, 2))
    whole = resampled_means(columns, np.random.default_rng(1), replicates=50)
    monkeypatch.setattr("headstart.evaluation.intervals.CELLS_AT_ONCE", 100)
    np.testing.assert_allclose(resampled_means(columns, np.random.default_rng(1), replicates=50), whole)


def test_a_perfect_model_on_few_rows_keeps_an_interval():
    interval = mean_interval(np.ones(20), np.random.default_rng(0), ACCURACY)
    assert interval.value == interval.high == 1.0
    assert interval.low == pytest.approx(0.025 ** (1 / 20))  # Clopper and Pearson by hand


def test_wilson_agrees_with_statistics_books():
    assert wilson(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)


def test_the_interval_of_rmse_surrounds_the_root_mean_squared_error():
    errors = np.random.default_rng(1).normal(0, 2, 500)
    interval = mean_interval(-(errors**2), np.random.default_rng(1), RMSE)
    assert interval.value == pytest.approx(np.sqrt((errors**2).mean()))
    assert interval.low < interval.value < interval.high
    assert interval.high - interval.low == pytest.approx(4 * 2 / np.sqrt(2 * 500), rel=0.15)  # sd of an sd, normal rows


def test_any_score_by_row_numbers_agrees_with_the_interval_of_the_mean():
    values = np.random.default_rng(0).normal(size=300)
    by_rows = score_interval(lambda index: float(values[index].mean()), 300, np.random.default_rng(1), replicates=2000)
    by_mean = mean_interval(values, np.random.default_rng(2), VALUES[-1])
    assert (by_rows.low, by_rows.high) == pytest.approx((by_mean.low, by_mean.high), abs=0.02)


def test_a_score_that_is_never_defined_has_no_interval():
    interval = score_interval(lambda index: float("nan"), 5, np.random.default_rng(0), replicates=10)
    assert np.isnan(interval.low)
    assert np.isnan(interval.high)


@pytest.mark.parametrize(
    ("row_spread", "seed_spread"),
    [(1.0, 0.0), (1.0, 0.1), (1.0, 0.3), (0.2, 0.1)],
    ids=["rows", "both", "seeds", "mix"],
)
def test_the_paired_interval_holds_the_truth_as_often_as_it_says(row_spread, seed_spread):
    generator = np.random.default_rng(5)
    held = 0
    for _ in range(400):
        arms = two_arms(generator, 5, 300, row_spread=row_spread, seed_spread=seed_spread)
        interval = gain_interval(*arms, generator, ACCURACY, replicates=200)
        held += interval.low <= 0.05 <= interval.high
    assert 0.92 <= held / 400 <= 0.985


def test_more_seeds_and_more_rows_narrow_the_interval():
    generator = np.random.default_rng(0)
    arms = two_arms(generator, 20, 2000)
    wide = gain_interval(arms[0][:4, :300], arms[1][:4, :300], generator, ACCURACY)
    narrow = gain_interval(*arms, generator, ACCURACY)
    assert narrow.high - narrow.low < 0.5 * (wide.high - wide.low)
    assert (wide.seeds, wide.rows) == (4, 300)


def test_one_seed_counts_rows_only_and_says_so():
    arms = two_arms(np.random.default_rng(0), 1, 1000)
    interval = gain_interval(*arms, np.random.default_rng(1), ACCURACY)
    difference = (arms[0] - arms[1])[0]
    assert interval.seeds == 1
    assert interval.seed_error is None
    assert interval.row_error == pytest.approx(difference.std() / np.sqrt(1000), rel=0.1)


def test_equal_arms_are_not_surely_equal():
    hits = np.ones((3, 50))
    interval = gain_interval(hits, hits, np.random.default_rng(0), ACCURACY)
    assert interval.value == 0
    assert interval.low < -0.02
    assert interval.high > 0.02


def test_a_gain_in_rmse_is_positive_where_the_error_is_smaller():
    generator = np.random.default_rng(0)
    noise = generator.normal(size=(3, 400))
    interval = gain_interval(-((0.5 * noise) ** 2), -(noise**2), generator, RMSE)
    assert interval.value == pytest.approx(0.5, abs=0.03)
    assert 0 < interval.low < interval.value < interval.high


def test_an_arm_never_leaves_the_unit_interval():
    hits = np.ones((3, 40))
    hits[0, 0] = 0
    assert arm_interval(hits, np.random.default_rng(0), ACCURACY).high <= 1.0


def test_replicates_spread_as_the_interval_and_are_paired_by_equal_generators():
    hits = two_arms(np.random.default_rng(0), 5, 500)[0]
    drawn = arm_replicates(hits, np.random.default_rng(1), ACCURACY, replicates=4000)
    interval = arm_interval(hits, np.random.default_rng(2), ACCURACY)
    assert np.quantile(drawn, [0.025, 0.975]) == pytest.approx([interval.low, interval.high], abs=0.01)
    np.testing.assert_array_equal(drawn, arm_replicates(hits, np.random.default_rng(1), ACCURACY, replicates=4000))


def test_rows_without_two_of_a_group_have_no_groups():
    assert groups_of([None, None, None]) is None
    assert groups_of(["a", "b", "c"]) is None
    numbers = groups_of(["a", None, "a", None])
    assert numbers is not None
    assert len(set(numbers.tolist())) == 3


def test_groups_of_one_row_each_are_resampled_as_rows():
    columns = np.random.default_rng(0).normal(size=(60, 2))
    by_groups = resampled_means(columns, np.random.default_rng(1), replicates=4000, groups=np.arange(60))
    by_rows = resampled_means(columns, np.random.default_rng(2), replicates=4000)
    np.testing.assert_allclose(by_groups.std(0), by_rows.std(0) * (60 / 59) ** 0.5, rtol=0.05)


@pytest.mark.parametrize("size", [5, 20])
def test_intervals_of_alike_rows_cover_the_truth_when_groups_are_drawn(size: int):
    """60 % of the difficulty is shared by the rows of a group; drawing rows covers it far too rarely."""
    cases, rows, covered, naive = 150, 400, np.zeros(2), np.zeros(2)
    for number in range(cases):
        generator = np.random.default_rng(number)
        groups = np.arange(rows) // size
        hard = generator.normal(0, 0.6**0.5, (2, rows // size)).repeat(size, 1) + generator.normal(
            0, 0.4**0.5, (2, rows)
        )
        luck = generator.normal(0, 0.3, (2, 5, rows))
        own, other = (norm.ppf(0.7) + hard[:, None] + luck > 0).astype(float)
        truth = norm.cdf(norm.ppf(0.7) / 1.09**0.5)  # of either arm
        for counts, how in ((covered, groups), (naive, None)):
            gain = gain_interval(own, other, generator, ACCURACY, replicates=200, groups=how)
            single = mean_interval(own[0], generator, ACCURACY, groups=how)
            counts += [gain.low <= 0 <= gain.high, single.low <= truth <= single.high]
    assert (covered / cases >= 0.92).all()
    assert (naive / cases <= 0.85).all()


def test_scores_of_any_kind_are_resampled_by_groups():
    values = np.random.default_rng(0).normal(size=40).repeat(10)
    score = lambda index: float(values[index].mean())  # noqa: E731
    by_rows = score_interval(score, 400, np.random.default_rng(1), replicates=300)
    by_groups = score_interval(score, 400, np.random.default_rng(1), replicates=300, groups=np.arange(400) // 10)
    assert by_groups.high - by_groups.low > 2.5 * (by_rows.high - by_rows.low)


def test_several_scores_share_their_draws_and_leave_undefined_ones_out() -> None:
    values = np.random.default_rng(0).normal(0, 1, 100)

    def scores(rows):
        return {"mean": float(values[rows].mean())} | ({"first": 1.0} if (rows == 0).any() else {})

    mean, first = score_intervals(scores, ["mean", "first"], 100, np.random.default_rng(1), replicates=400)
    alone = score_interval(lambda rows: scores(rows)["mean"], 100, np.random.default_rng(1), replicates=400)
    assert (mean.low, mean.high) == (alone.low, alone.high)
    assert (first.value, first.low, first.high) == (1.0, 1.0, 1.0)


def test_intervals_over_two_groups_hold_no_score_that_cannot_be() -> None:
    groups, generator = np.array([0] * 20 + [1] * 20), np.random.default_rng(0)
    shares = np.array([0.95] * 20 + [0.6] * 20)
    one = mean_interval(shares, generator, Metric("accuracy", fraction=True), groups=groups)
    assert (one.low, one.high) == (0.0, 1.0)
    error = Metric("nmse", lower_is_better=True, from_rows=negative)
    other = mean_interval(-shares, generator, error, groups=groups)
    assert other.low == 0.0
    assert other.high > 0.95
