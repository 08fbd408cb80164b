"""RankMe and k-nearest neighbours, against slower, obvious versions."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from headstart.evaluation.representation import knn, rankme


@pytest.fixture(scope="module")
def digits():
    x, y = (np.asarray(part) for part in load_digits(return_X_y=True))
    return x[:600] + 0.0, y[:600]


def test_rankme_counts_equal_directions():
    assert rankme(np.eye(64)[:, :10]) == pytest.approx(10, rel=1e-3)
    assert rankme(np.ones((20, 5))) == pytest.approx(1, abs=1e-3)
    assert rankme(np.zeros((20, 5))) == 1.0


def test_rankme_equals_the_formula_in_a_loop():
    features = np.random.default_rng(0).normal(size=(50, 6)) * [5, 3, 1, 1, 0.1, 0]
    values = np.sqrt(np.maximum(np.linalg.eigvalsh(features.T @ features), 0))
    shares = [value / values.sum() + 1e-7 for value in values]
    assert rankme(features) == pytest.approx(np.exp(-sum(p * np.log(p) for p in shares)), rel=1e-6)


def test_nearest_neighbours_equal_the_double_loop(digits, monkeypatch):
    x, y = digits[0][:80], digits[1][:80]
    hits = 0
    for row in range(80):
        cosine = [x[row] @ x[k] / np.linalg.norm(x[row]) / np.linalg.norm(x[k]) for k in range(80)]
        votes = np.zeros(10)
        for k in sorted(set(range(80)) - {row}, key=lambda k: -cosine[k])[:20]:
            votes[y[k]] += np.exp(cosine[k] / 0.07)
        hits += votes.argmax() == y[row]
    assert knn(x, y) == hits / 80
    monkeypatch.setattr("headstart.evaluation.representation.ROWS_AT_ONCE", 7)
    assert knn(x, y) == hits / 80


def test_more_neighbours_than_rows_ask_them_all():
    assert knn(np.eye(3), np.array(["a", "a", "a"])) == 1.0
