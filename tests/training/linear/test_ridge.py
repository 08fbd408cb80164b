"""Ridge with very many rows against the exact small one."""

from __future__ import annotations

import numpy as np

from headstart.training.linear.ridge import fit_ridge_tall
from headstart.training.linear.solve import fit_classes


def test_tall_ridge_solves_the_normal_equations_of_all_rows() -> None:
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(2000, 20)).astype(np.float32)
    targets = rows @ generator.normal(size=(20, 3)) + generator.normal(size=(2000, 3))
    held = np.arange(2000) % 10 == 0
    fit = fit_ridge_tall(rows, targets, held)
    centred = targets - targets.mean(0)
    slow = np.linalg.solve(rows.T @ rows + fit.penalty * np.eye(20), rows.T @ centred)
    assert np.allclose(fit.weight, slow, atol=1e-3)
    assert fit.left_out.shape == (200, 3)
    assert fit.error < 1.3


def test_ridge_of_many_rows_finds_the_classes() -> None:
    generator = np.random.default_rng(1)
    y = generator.integers(0, 4, 6000)
    rows = (np.eye(4)[y] @ generator.normal(size=(4, 30)) * 2 + generator.normal(size=(6000, 30))).astype(np.float32)
    fit = fit_classes(rows, y, 4, solver="ridge", seed=0)
    assert ((rows @ fit.weight + fit.bias).argmax(1) == y).mean() > 0.97
