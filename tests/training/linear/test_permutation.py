"""The permutation test of labels: its closed form is that of leaving out, and it is right as often as it says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from headstart.training.linear.permutation import PENALTIES, p_value


def drawn(seed: int, rows: int, signal: float) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(rows, 30)).astype(np.float32)
    classes = features[:, 0] * signal + generator.normal(size=rows) > 0
    return features, np.eye(2)[classes.astype(int)]


def test_it_ranks_as_ridge_with_each_row_left_out_does() -> None:
    features, targets = drawn(0, 25, 0.5)
    centred = features - features.mean(0)
    total = float(np.square(centred).sum())

    def error(y: np.ndarray) -> float:
        tried = []
        for share in PENALTIES:
            missed = []
            for row in range(len(y)):
                # the row left out is one with no pull of its own: its target is replaced by what the others say of it
                x, z = centred, y - y.mean(0)
                hat = x @ np.linalg.solve(x.T @ x + share * total * np.eye(x.shape[1]), x.T) + 1 / len(y)
                missed.append((z[row] - (hat @ z)[row]) / (1 - hat[row, row]))
            tried.append(np.square(missed).mean())
        return min(tried)

    generator = np.random.default_rng(1)
    errors = [error(targets), *(error(targets[generator.permutation(25)]) for _ in range(99))]
    expected = np.mean([one <= errors[0] + 1e-12 for one in errors])
    assert p_value(features, targets, np.random.default_rng(1)) == pytest.approx(expected)


def test_sparse_features_are_the_same() -> None:
    features, targets = drawn(3, 40, 0.3)
    dense, sparse = (p_value(x, targets, np.random.default_rng(0)) for x in (features, csr_matrix(features)))
    assert dense == pytest.approx(sparse, abs=0.011)


def test_labels_that_go_with_the_rows_are_found_and_others_as_often_as_chance() -> None:
    true = [p_value(*drawn(seed, 60, 3.0), np.random.default_rng(seed)) for seed in range(20)]
    random = [p_value(*drawn(seed, 60, 0.0), np.random.default_rng(seed)) for seed in range(60)]
    assert max(true) <= 0.05
    assert np.mean(np.array(random) > 0.05) > 0.85
    assert 0.35 < np.mean(random) < 0.65
