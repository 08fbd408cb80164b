"""RankMe, k-nearest neighbours and the probe, against slower, obvious versions."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from headstart.evaluation.representation.knn import knn
from headstart.evaluation.representation.probe import probe
from headstart.evaluation.representation.rankme import rankme


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


def test_nearest_neighbours_equal_the_double_loop(digits):
    x, y = digits
    known, asked = slice(0, 80), slice(80, 120)
    hits = 0
    for row in range(80, 120):
        cosine = [x[row] @ x[k] / np.linalg.norm(x[row]) / np.linalg.norm(x[k]) for k in range(80)]
        votes = np.zeros(10)
        for k in sorted(range(80), key=lambda k: -cosine[k])[:7]:
            votes[y[k]] += np.exp(cosine[k] / 0.07)
        hits += votes.argmax() == y[row]
    assert knn(x[known], y[known], x[asked], y[asked], neighbours=7) == hits / 40


def test_leaving_out_equals_asking_each_row_of_the_others(digits, monkeypatch):
    x, y = digits[0][:60], digits[1][:60]
    hits = [
        knn(np.delete(x, row, 0), np.delete(y, row), x[row : row + 1], y[row : row + 1], neighbours=5)
        for row in range(60)
    ]
    assert knn(x, y, neighbours=5) == pytest.approx(np.mean(hits))
    monkeypatch.setattr("headstart.evaluation.representation.knn.ROWS_AT_ONCE", 7)
    assert knn(x, y, neighbours=5) == pytest.approx(np.mean(hits))


def test_more_neighbours_than_rows_ask_them_all():
    assert knn(np.eye(3), np.array(["a", "a", "a"]), neighbours=20) == 1.0


def test_the_probe_reads_digits_and_guesses_noise(digits):
    x, y = digits
    assert probe(x, y) > 0.9
    assert probe(np.random.default_rng(0).normal(size=(300, 10)), y[:300]) < 0.2


def test_the_probe_agrees_with_cross_validation_by_scikit_learn(digits):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = digits
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
    theirs = cross_val_score(model, x, y, cv=StratifiedKFold(5, shuffle=True, random_state=0)).mean()
    assert probe(x, y) == pytest.approx(theirs, abs=0.02)


def test_the_probe_takes_few_and_single_rows_of_a_class():
    x = np.random.default_rng(0).normal(size=(7, 3))
    assert 0 <= probe(x, np.array([0, 0, 0, 1, 1, 1, 2])) <= 1
    assert np.isnan(probe(x[:3], np.array([0, 1, 2])))
    assert probe(x, np.zeros(7)) == 1.0
