"""Linear models on sparse rows against the same on dense ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import Ridge

from headstart.training.linear import sparse
from headstart.training.linear.logistic import fit_logistic, log_loss
from headstart.training.linear.solve import fit_classes, fit_labels, fit_values


def counts(rows: int, width: int = 300, classes: int = 3, seed: int = 0) -> tuple[csr_matrix, np.ndarray]:
    """Rows of length 1 with a few words each, some of them typical of the class."""
    generator = np.random.default_rng(seed)
    targets = np.arange(rows) % classes
    dense = generator.random((rows, width)) < 0.03
    for row, target in enumerate(targets):
        dense[row, target * 20 + generator.integers(0, 20, 6)] = True
    lengths = np.sqrt(np.maximum(dense.sum(1, keepdims=True), 1))
    return csr_matrix((dense / lengths).astype(np.float32)), targets


@pytest.mark.parametrize("solver", ["auto", "logistic", "svm", "ridge"])
@pytest.mark.parametrize("rows", [60, 1200])
def test_every_solver_learns_and_is_calibrated(solver: str, rows: int) -> None:
    features, targets = counts(rows)
    test, truth = counts(600, seed=1)
    fit = fit_classes(features, targets, 3, solver=solver, seed=0)
    outputs = test @ fit.weight + fit.bias
    assert fit.weight.shape == (300, 3)
    assert fit.weight.dtype == np.float32
    assert (outputs.argmax(1) == truth).mean() > (0.8 if rows < 100 else 0.93)
    assert log_loss(outputs, truth) < (0.75 if rows < 100 else 0.3)


def test_logistic_regression_on_sparse_rows_equals_that_on_dense_ones() -> None:
    features, targets = counts(90)
    one, other = fit_logistic(features, targets, 10), fit_logistic(features.toarray(), targets, 10)
    assert np.allclose(one, other, atol=1e-2)


def test_turned_rows_give_the_same_answers() -> None:
    features, targets = counts(90)
    test, _ = counts(50, seed=1)
    basis, rows = sparse.turned(features)
    assert rows.shape[1] <= 90
    turned = fit_logistic(rows, targets, 10, iterations=1000)
    whole = fit_logistic(features, targets, 10, iterations=1000)
    assert np.allclose(test @ (basis @ turned[:-1]) + turned[-1], test @ whole[:-1] + whole[-1], atol=0.02)


def test_ridge_equals_the_dense_one() -> None:
    features, targets = counts(80)
    values = np.stack([targets, -targets], 1).astype(float)
    half = np.arange(80) % 2 == 0
    (weight, bias, chosen), told = sparse.ridge(features, values, [(np.flatnonzero(half), np.flatnonzero(~half))])
    whole = Ridge(alpha=chosen["penalty"]).fit(features.toarray(), values)
    assert np.allclose(weight, whole.coef_.T, atol=1e-2)
    assert np.allclose(bias, whole.intercept_, atol=1e-2)
    assert chosen["held_out_mse"] == pytest.approx(np.square(told - values[~half]).mean())


def test_classes_without_rows_are_never_answered() -> None:
    features, targets = counts(30)
    for solver in ("logistic", "svm", "ridge"):
        fit = fit_classes(features, targets + 1, 6, solver=solver, seed=0)
        assert set((features @ fit.weight + fit.bias).argmax(1)) <= {1, 2, 3}
        lonely = fit_classes(features, np.where(np.arange(30) == 29, 3, targets), 4, solver=solver, seed=0)
        assert np.isfinite(lonely.weight).all()
        one_each = fit_classes(features[:2], targets[:2], 2, solver=solver, seed=0)
        assert list((features[:2] @ one_each.weight + one_each.bias).argmax(1)) == [0, 1]


def test_labels_and_values_are_fitted_column_by_column() -> None:
    features, targets = counts(300)
    carried = np.stack([targets == 0, targets != 1], 1).astype(np.int64)
    fit = fit_labels(features, carried, solver="logistic", seed=0)
    assert (((features @ fit.weight + fit.bias) > 0) == carried.astype(bool)).mean() > 0.9
    values = fit_values(features, (targets == 0)[:, None].astype(float), seed=0)
    told = (features @ values.weight + values.bias)[:, 0]
    assert values.weight.shape == (300, 1)
    assert np.corrcoef(told, targets == 0)[0, 1] > 0.8
