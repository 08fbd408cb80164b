"""Frechet distances whose value is known, and the Gaussian that painters must beat."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.frechet import frechet, gaussian_rows


def drawn(n: int, mean: np.ndarray, spread: np.ndarray, seed: int) -> np.ndarray:
    """Rows whose mean and covariance are exactly these, up to rounding."""
    x = np.random.default_rng(seed).standard_normal((n, len(mean)))
    x -= x.mean(0)
    x = x @ np.linalg.inv(np.linalg.cholesky(np.atleast_2d(np.cov(x, rowvar=False)))).T
    return mean + x @ spread.T


def test_of_one_number_it_is_that_of_means_and_deviations() -> None:
    one = drawn(50, np.array([1.0]), np.array([[2.0]]), 0)
    other = drawn(70, np.array([4.0]), np.array([[0.5]]), 1)
    assert frechet(one, other) == pytest.approx(3**2 + 1.5**2)


def test_turning_both_changes_nothing_and_itself_is_near() -> None:
    generator = np.random.default_rng(2)
    turn, _ = np.linalg.qr(generator.standard_normal((4, 4)))
    one = drawn(90, np.zeros(4), np.diag([1.0, 2.0, 3.0, 0.0]), 3)
    other = drawn(90, np.ones(4), np.diag([2.0, 2.0, 1.0, 1.0]), 4)
    assert frechet(one, other) == pytest.approx(4 + 1 + 0 + 4 + 1, abs=1e-6)
    assert frechet(one @ turn, other @ turn) == pytest.approx(10, abs=1e-6)
    assert frechet(one, other) == pytest.approx(frechet(other, one))
    assert frechet(one, one) == pytest.approx(0, abs=1e-6)


def test_covariances_that_do_not_commute_have_the_formula_s_distance() -> None:
    """tr (C1 C2)^(1/2) by the eigenvalues of the product itself."""
    generator = np.random.default_rng(5)
    one, other = (drawn(80, np.zeros(3), generator.standard_normal((3, 3)), seed) for seed in (6, 7))
    a, b = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    crossed = np.sqrt(np.linalg.eigvals(a @ b).real).sum()
    assert frechet(one, other) == pytest.approx(np.trace(a) + np.trace(b) - 2 * crossed)


def test_few_rows_of_one_source_seem_further_apart() -> None:
    generator = np.random.default_rng(8)
    few, many = (frechet(*generator.standard_normal((2, n, 20))) for n in (100, 1600))
    assert few == pytest.approx(16 * many, rel=0.35)


def test_the_gaussian_has_mean_and_main_axes_of_the_rows() -> None:
    generator = np.random.default_rng(9)
    axes = np.linalg.qr(generator.standard_normal((64, 64)))[0]
    flat = 120 + generator.standard_normal((3000, 2)) @ (np.diag([60.0, 30.0]) @ axes[:, :2].T)
    rows = flat.round().clip(0, 255).astype(np.uint8).reshape(-1, 1, 8, 8)
    new = gaussian_rows(rows, 2, 5000, seed=0)
    assert new.shape == (5000, 1, 8, 8)
    assert new.dtype == np.uint8
    told = np.cov(new.reshape(5000, -1).astype(float), rowvar=False)
    found, directions = np.linalg.eigh(told)
    assert np.sqrt(found[-2:]) == pytest.approx([30, 60], rel=0.05)
    assert abs(directions[:, -1] @ axes[:, 0]) > 0.99
    assert np.array_equal(gaussian_rows(rows, 2, 10, seed=0), gaussian_rows(rows, 2, 10, seed=0))
