"""Linear heads against scikit-learn and slow, obvious versions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from headstart.core.contracts.probe import LinearFit
from headstart.core.errors import RecipeError
from headstart.training.linear.logistic import fit_logistic, log_loss
from headstart.training.linear.projection import Space
from headstart.training.linear.ridge import fit_ridge
from headstart.training.linear.solve import fit_classes, fit_labels, fit_values


def blobs(rows: int, width: int, classes: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Noisy classes whose columns differ in size."""
    generator = np.random.default_rng(seed)
    middles = np.random.default_rng(99).normal(size=(classes, width))
    targets = np.arange(rows) % classes
    sizes = np.geomspace(0.5, 2, width)
    features = (middles[targets] + 1.5 * generator.normal(size=(rows, width))) * sizes + 5
    return features.astype(np.float32), targets


def answers(fit: LinearFit, features: np.ndarray) -> np.ndarray:
    return (features @ fit.weight + fit.bias).argmax(1)


@pytest.mark.parametrize(("rows", "width"), [(12, 40), (40, 12)])
def test_ridge_equals_leaving_every_row_out(rows: int, width: int) -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(rows, width))
    x -= x.mean(0)
    y = generator.normal(size=(rows, 2))
    fit = fit_ridge(x, y)
    whole = Ridge(alpha=fit.penalty).fit(x, y)
    assert np.allclose(fit.weight, whole.coef_.T, atol=1e-6)
    assert np.allclose(fit.bias, whole.intercept_, atol=1e-6)
    for left in range(rows):
        others = np.arange(rows) != left
        alone = Ridge(alpha=fit.penalty).fit(x[others], y[others])
        assert np.allclose(fit.left_out[left], alone.predict(x[left : left + 1])[0], atol=1e-6)


def test_ridge_takes_the_penalty_with_the_least_left_out_error() -> None:
    features, targets = blobs(30, 60)
    noise = fit_ridge(features - features.mean(0), np.random.default_rng(1).normal(size=(30, 1)))
    signal = fit_ridge(features - features.mean(0), (targets == 0)[:, None] * 2.0 - 1)
    assert noise.penalty > signal.penalty
    assert signal.error < 1.0


@pytest.mark.parametrize("width", [10, 300])
def test_weights_on_raw_features_answer_as_those_in_the_space(width: int) -> None:
    features, _ = blobs(40, width)
    space = Space.of(features)
    rows = space.enter(features)
    assert rows.shape[1] <= min(40, width)
    assert np.square(rows).sum(1).mean() == pytest.approx(1, rel=1e-3)
    weight, bias = np.random.default_rng(0).normal(size=(rows.shape[1], 3)), np.ones(3)
    full, offset = space.leave(weight, bias)
    assert np.allclose(features @ full + offset, rows @ weight + bias, atol=1e-3)


@pytest.mark.parametrize("solver", ["logistic", "ridge", "svm", "auto"])
@pytest.mark.parametrize("width", [20, 400])
def test_every_solver_is_close_to_the_best_logistic_regression(solver: str, width: int) -> None:
    features, targets = blobs(60, width)
    test, truth = blobs(600, width, seed=1)
    mean, scale = features.mean(0), features.std(0)
    scores = []
    for strength in (1e-3, 1e-2, 1e-1, 1.0):
        model = LogisticRegression(C=strength, max_iter=500).fit((features - mean) / scale, targets)
        scores.append(float(model.score((test - mean) / scale, truth)))
    fit = fit_classes(features, targets, 3, solver=solver, seed=0)
    # the reference chose its penalty on the test rows, with columns of one size
    assert (answers(fit, test) == truth).mean() > max(scores) - 0.06


def test_logistic_regression_equals_scikit_learn() -> None:
    features, targets = blobs(90, 12)
    rows = Space.of(features).enter(features)
    reference = LogisticRegression(C=30, max_iter=1000, tol=1e-8).fit(rows.astype(np.float64), targets)
    found = fit_logistic(rows, targets, 30, iterations=1000)
    assert log_loss(rows @ found[:-1] + found[-1], targets) == pytest.approx(
        log_loss(reference.decision_function(rows), targets), abs=1e-3
    )
    again = fit_logistic(rows, targets, 30, found, iterations=1)
    assert np.allclose(again[:-1], reference.coef_.T, atol=0.05)


@pytest.mark.parametrize("solver", ["logistic", "ridge"])
def test_logits_are_calibrated(solver: str) -> None:
    features, targets = blobs(90, 200)
    test, truth = blobs(900, 200, seed=1)
    fit = fit_classes(features, targets, 3, solver=solver, seed=0)
    logits = test @ fit.weight + fit.bias
    shares = np.exp(logits - logits.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    assert shares.max(1).mean() == pytest.approx((shares.argmax(1) == truth).mean(), abs=0.15)


def test_two_classes_and_a_single_row_of_a_class_are_fitted() -> None:
    features, targets = blobs(21, 30, classes=2)
    for solver in ("logistic", "ridge", "svm"):
        two = fit_classes(features, targets, 2, solver=solver, seed=0)
        assert (answers(two, features) == targets).mean() > 0.9
        single = fit_classes(features, np.where(np.arange(21) == 20, 2, targets), 3, solver=solver, seed=0)
        assert np.isfinite(single.weight).all()
    one_each = fit_classes(features[:2], targets[:2], 2, solver="logistic", seed=0)
    assert list(answers(one_each, features[:2])) == list(targets[:2])


def test_classes_without_rows_are_never_answered() -> None:
    features, targets = blobs(30, 50)
    fit = fit_classes(features, targets + 1, 6, solver="ridge", seed=0)
    assert set(answers(fit, features)) <= {1, 2, 3}
    alone = fit_classes(features, np.full(30, 4), 6, solver="auto", seed=0)
    assert set(answers(alone, features)) == {4}


def test_features_that_never_vary_give_a_finite_answer() -> None:
    fit = fit_classes(np.ones((8, 30), np.float32), np.arange(8) % 2, 2, solver="auto", seed=0)
    assert np.isfinite(fit.weight).all()
    assert np.isfinite(fit.bias).all()


def test_labels_are_fitted_column_by_column() -> None:
    features, targets = blobs(60, 20)
    carried = np.stack([targets == 0, targets != 1], 1).astype(np.int64)
    fit = fit_labels(features, carried, solver="logistic", seed=0)
    assert (((features @ fit.weight + fit.bias) > 0) == carried.astype(bool)).mean() > 0.9


def test_values_are_found_again() -> None:
    generator = np.random.default_rng(0)
    features = generator.normal(size=(200, 10)).astype(np.float32)
    truth = features @ generator.normal(size=(10, 2)) + 3
    fit = fit_values(features, truth, seed=0)
    assert np.allclose(features @ fit.weight + fit.bias, truth, atol=0.05)


def test_an_unknown_solver_is_refused() -> None:
    features, targets = blobs(12, 5)
    with pytest.raises(RecipeError, match="unknown solver"):
        fit_classes(features, targets, 3, solver="magic", seed=0)


@pytest.mark.parametrize(
    ("rows", "width", "ridge"), [(60, 240, False), (60, 480, True), (1_000, 2_100, True), (1_000, 900, False)]
)
def test_auto_is_ridge_for_wide_features_and_of_many_rows_for_less_wide_ones(
    rows: int, width: int, ridge: bool
) -> None:
    generator = np.random.default_rng(0)
    features = generator.normal(size=(rows, width)).astype(np.float32)
    y = np.arange(rows) % 2
    features[:, 0] += 3 * y
    fit = fit_classes(features, y, 2, solver="auto", seed=0)
    assert ("held_out_mse" in fit.chosen) is ridge  # the error by which ridge chooses
