"""Label efficiency: read off by hand-made curves, and silent about what was never tried."""

import numpy as np
import pytest

from headstart.evaluation.label_efficiency import count, label_efficiency, labels_to_reach, monotone
from headstart.training.tasks.classify.answer import METRICS as CLASSES
from headstart.training.tasks.regress.answer import METRICS as VALUES

ACCURACY, RMSE = CLASSES[0], VALUES[0]
BUDGETS = [10, 100, 1000]


def test_a_score_midway_is_reached_at_the_geometric_mean_of_the_labels():
    assert labels_to_reach(0.6, BUDGETS, np.array([0.5, 0.7, 0.9]), ACCURACY) == pytest.approx(np.sqrt(10 * 100))


def test_lower_is_better_is_read_downhill():
    assert labels_to_reach(3.0, BUDGETS, np.array([4.0, 2.0, 1.0]), RMSE) == pytest.approx(np.sqrt(10 * 100))


def test_the_monotone_curve_equals_pooling_by_hand():
    np.testing.assert_allclose(monotone(BUDGETS, np.array([0.5, 0.4, 0.9]), ACCURACY), [0.45, 0.45, 0.9])


def test_a_flat_stretch_gives_the_fewest_labels():
    assert labels_to_reach(0.7, BUDGETS, np.array([0.5, 0.7, 0.7]), ACCURACY) == pytest.approx(100)
    assert labels_to_reach(0.5, BUDGETS, np.array([0.5, 0.5, 0.7]), ACCURACY) == 10


def test_labels_are_translated_between_the_curves():
    worth = label_efficiency(BUDGETS, np.array([0.6, 0.8, 0.9]), np.array([0.5, 0.7, 0.9]), ACCURACY)
    assert worth[0].same_as == pytest.approx(np.sqrt(1000))
    assert worth[1].sentence == "100 labels with the head start = 320 without"
    assert worth[2].same_as == pytest.approx(1000)


def test_out_of_range_is_said_and_not_extrapolated():
    above, *_ = label_efficiency(BUDGETS, np.array([0.95, 0.96, 0.97]), np.array([0.5, 0.7, 0.9]), ACCURACY)
    assert (above.same_as, above.bound) == (None, "above")
    assert "more than 1,000 without, the most tried" in above.sentence
    below, *_ = label_efficiency(BUDGETS, np.array([0.3, 0.5, 0.7]), np.array([0.4, 0.6, 0.8]), ACCURACY)
    assert (below.same_as, below.bound) == (None, "below")
    assert "fewer than 10 without, the fewest tried" in below.sentence


def test_paired_draws_give_an_interval_with_open_ends():
    generator = np.random.default_rng(0)
    head, scratch = np.array([0.6, 0.8, 0.9]), np.array([0.5, 0.7, 0.85])
    noise = generator.normal(0, 0.02, (400, 3))
    worth = label_efficiency(
        BUDGETS, head, scratch, ACCURACY,
        head_start_replicates=head + noise, scratch_replicates=scratch + generator.normal(0, 0.02, (400, 3)),
    )  # fmt: skip
    assert worth[0].low is not None
    assert worth[0].same_as is not None
    assert worth[0].high is not None
    assert worth[0].low < worth[0].same_as < worth[0].high < 100
    assert worth[2].high == float("inf")
    assert "more than 1,000]" in worth[2].sentence


def test_numbers_of_labels_have_two_digits_that_count():
    assert [count(n) for n in (7.4, 31.6, 316.2, 12345)] == ["7", "32", "320", "12,000"]
