"""Baselines: strong where they can be, honest about what they could not validate, blind to other test rows."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits

from headstart.evaluation.baselines import CLASSIFIERS, FOLDS, REGRESSORS, better_of, fit_baseline
from headstart.training.folds import stratified_folds


@pytest.fixture(scope="module")
def digits():
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    return x[order].astype(np.uint8), y[order]


@pytest.mark.parametrize(("kind", "least"), [("logistic", 0.92), ("pca+logistic", 0.92)])
def test_linear_baselines_read_digits(digits, kind, least):
    x, y = digits
    result = fit_baseline(kind, x[:500], y[:500], x[500:], seed=0)
    assert (result.answers == y[500:]).mean() > least
    assert result.probabilities is not None
    np.testing.assert_allclose(result.probabilities.sum(1), 1, atol=1e-5)
    assert result.chosen["validated_rows"] == 500


def test_the_chosen_strength_is_the_best_of_a_slow_search(digits):
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.preprocessing import StandardScaler

    x, y = digits
    x, y = x[:300], y[:300]
    result = fit_baseline("logistic", x, y, x[:1], seed=0)
    standard = StandardScaler().fit_transform(x.astype(float))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    losses = {
        c: log_loss(
            y, cross_val_predict(LogisticRegression(C=c, max_iter=500), standard, y, cv=folds, method="predict_proba")
        )
        for c in (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
    }
    assert losses[result.chosen["C"]] < 1.1 * min(losses.values())


def test_the_same_seed_gives_the_same_answers(digits):
    x, y = digits
    one, two = (fit_baseline("logistic", x[:60], y[:60], x[60:200], seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.probabilities, two.probabilities)


def test_a_test_row_is_answered_alike_alone_and_among_others(digits):
    x, y = digits
    for kind in CLASSIFIERS:
        together = fit_baseline(kind, x[:100], y[:100], x[100:200], seed=0).answers
        alone = fit_baseline(kind, x[:100], y[:100], x[100:101], seed=0).answers
        assert alone[0] == together[0]


def test_one_row_a_class_cannot_be_validated_and_says_so(digits):
    x, y = digits
    rows = np.array([np.flatnonzero(y == digit)[0] for digit in range(10)])
    result = fit_baseline("logistic", x[rows], y[rows], x[500:], seed=0)
    assert "nothing to validate on" in result.note
    assert (result.answers == y[500:]).mean() > 0.4


def test_rare_classes_use_fewer_folds_and_say_so(digits):
    x, y = digits
    rows = np.concatenate([np.flatnonzero(y == digit)[:count] for digit, count in ((0, 9), (1, 3), (2, 1))])
    result = fit_baseline("logistic", x[rows], y[rows], x[:20], seed=0)
    assert "1 class with a single row" in result.note
    assert "1 class with fewer than 5 rows" in result.note
    assert result.classes == (0, 1, 2)


def test_folds_are_even_and_spread_each_class():
    y = np.repeat(np.arange(7), 8)
    fold_of = stratified_folds(y, FOLDS, np.random.default_rng(0))
    counts = np.bincount(fold_of)
    assert counts.max() - counts.min() <= 1
    assert all(len(set(fold_of[y == label])) == FOLDS for label in range(7))


def test_labels_may_be_words_and_a_single_class_is_answered(digits):
    x, _ = digits
    words = np.array(["cat", "dog"])[(x[:80, 20] > 8).astype(int)]
    result = fit_baseline("logistic", x[:80], words, x[80:120], seed=0)
    assert set(result.answers) <= {"cat", "dog"}
    single = fit_baseline("logistic", x[:5], np.array(["cat"] * 5), x[:3], seed=0)
    assert list(single.answers) == ["cat"] * 3
    assert "single class" in single.note


def test_the_majority_class_is_answered_everywhere():
    result = fit_baseline("majority", np.zeros((4, 1)), np.array(["a", "b", "b", "c"]), np.zeros((3, 1)), seed=0)
    assert list(result.answers) == ["b"] * 3
    assert result.probabilities is not None
    np.testing.assert_allclose(result.probabilities[0], [0.25, 0.5, 0.25])


@pytest.mark.parametrize("kind", REGRESSORS)
def test_value_baselines_order_as_expected_on_diabetes(kind):
    x, y = (np.asarray(part) for part in load_diabetes(return_X_y=True))
    error = np.sqrt(np.mean((fit_baseline(kind, x[:300], y[:300], x[300:], seed=0).answers - y[300:]) ** 2))
    assert error < 60 if kind != "mean" else error > 70


def test_values_may_have_several_outputs():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(50, 4))
    y = x @ generator.normal(size=(4, 3))
    for kind in REGRESSORS:
        assert fit_baseline(kind, x, y, x[:7], seed=0).answers.shape == (7, 3)


def test_missing_numbers_constant_columns_and_wild_test_rows_do_no_harm():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(60, 5))
    y = (x[:, 0] > 0).astype(int)
    x[3, 1], x[:, 2], x[:, 4] = np.nan, 7.0, np.nan
    test = x.copy()
    test[:, 2], test[0, 3] = 1e6, np.inf
    result = fit_baseline("logistic", x, y, test, seed=0)
    assert (result.answers == y).mean() > 0.9


def test_the_better_baseline_is_chosen_on_training_rows(digits):
    x, y = digits
    both = [fit_baseline(kind, x[:100], y[:100], x[500:], seed=0) for kind in ("logistic", "pca+logistic")]
    better = better_of(("logistic", "pca+logistic"), x[:100], y[:100], x[500:], seed=0)
    assert better.name == min(both, key=lambda result: result.chosen["held_out_loss"]).name
    single_rows = np.array([np.flatnonzero(y == digit)[0] for digit in range(10)])
    alone = better_of(("logistic", "pca+logistic"), x[single_rows], y[single_rows], x[:5], seed=0)
    assert alone.name == "logistic regression on raw inputs"


def test_the_held_out_loss_of_ridge_equals_leaving_rows_out_one_by_one():
    from sklearn.linear_model import Ridge

    generator = np.random.default_rng(0)
    x = generator.normal(size=(30, 4))
    y = x @ [1.0, 2.0, 0.0, 0.0] + generator.normal(size=30)
    result = fit_baseline("ridge", x, y, x, seed=0)
    standard = ((x - x.mean(0)) / x.std(0)).astype(np.float32).astype(np.float64)
    errors = []
    for row in range(30):
        rest = np.delete(np.arange(30), row)
        model = Ridge(alpha=result.chosen["alpha"]).fit(standard[rest], y[rest])
        errors.append((model.predict(standard[row : row + 1])[0] - y[row]) ** 2)
    assert result.chosen["held_out_loss"] == pytest.approx(np.mean(errors), rel=0.02)


@pytest.mark.parametrize("kind", CLASSIFIERS + REGRESSORS)
@pytest.mark.parametrize("rows", [1, 2, 6])
def test_inputs_that_never_vary_are_answered_without_noise(kind, rows):
    x = np.full((rows, 3), 0.1)
    y = np.arange(rows) % 2 if kind in CLASSIFIERS else np.arange(rows) / 10
    answers = fit_baseline(kind, x, y, np.full((4, 3), 0.2), seed=0).answers
    assert len(set(answers.tolist())) == 1


@pytest.mark.slow
def test_ten_thousand_rows_of_pixels_take_seconds():
    generator = np.random.default_rng(0)
    centres = generator.normal(size=(10, 300))
    y = generator.integers(0, 10, 10_000)
    x = (centres[y] + generator.normal(0, 6, (10_000, 300))).astype(np.float32)
    result = fit_baseline("logistic", x, y, x[:10], seed=0)
    assert result.chosen["validated_rows"] == 2_000
    assert result.seconds < 60
