"""Linear discriminant analysis for very many classes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from headstart.training.linear import discriminant
from headstart.training.linear.discriminant import suits
from headstart.training.linear.solve import fit_classes


def rows_of(classes: int, each: int, seed: int = 0) -> tuple[csr_matrix, np.ndarray]:
    """Rows that share all of 40 features, with a direction of their own for each class, and loud common noise."""
    generator = np.random.default_rng(seed)
    means = np.random.default_rng(9).normal(0, 1, (classes, 40))
    y = np.repeat(np.arange(classes), each)
    loud = generator.normal(0, 6, (len(y), 1)) * np.linspace(-1, 1, 40)
    return csr_matrix((means[y] + 0.3 * generator.normal(size=(len(y), 40)) + loud).astype(np.float32)), y


def test_very_many_classes_are_told_apart_in_spite_of_a_spread_that_all_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discriminant, "MANY", 50)
    monkeypatch.setattr(discriminant, "SHRUNK", 0.05)
    (rows, y), (asked, truth) = rows_of(60, 12), rows_of(60, 4, seed=1)
    assert suits(rows, y)
    fit = fit_classes(rows, y, 60, solver="auto", seed=0)
    outputs = asked @ fit.weight + fit.bias
    assert (outputs.argmax(1) == truth).mean() > 0.9
    shares = np.exp(outputs - outputs.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    loss = -np.log(shares[np.arange(len(truth)), truth]).mean()
    assert loss < 0.7
    assert fit.chosen["held_out_loss"] == pytest.approx(loss, abs=0.3)


def test_few_classes_and_rows_that_share_little_are_left_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, y = rows_of(60, 3)
    assert not suits(rows, y)
    monkeypatch.setattr(discriminant, "MANY", 50)
    monkeypatch.setattr(discriminant, "COLUMNS", 10)
    generator = np.random.default_rng(0)
    apart = csr_matrix(
        (np.ones(1800, np.float32), (np.repeat(np.arange(180), 10), generator.integers(0, 9000, 1800))), (180, 9000)
    )
    assert not suits(apart, y)
