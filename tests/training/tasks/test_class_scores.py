"""Scores of chosen rows equal those of scikit-learn."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn import metrics

from headstart.training.tasks.classify import scores


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_scores_of_classes_are_those_of_scikit_learn(classes: int) -> None:
    generator = np.random.default_rng(classes)
    for _ in range(30):
        truth, said = generator.integers(0, classes, (2, 40))
        second = generator.integers(0, 6, 40) / 6  # with ties
        found = scores.of_classes(truth, said, second if classes == 2 else None)
        assert found["accuracy"] == pytest.approx(metrics.accuracy_score(truth, said))
        there = np.unique(truth)
        wanted = metrics.f1_score(truth, said, labels=there, average="macro", zero_division=0.0)  # pyright: ignore[reportArgumentType]
        assert found["macro_f1"] == pytest.approx(wanted)
        if classes == 2:
            assert found["auc"] == pytest.approx(metrics.roc_auc_score(truth, second))
            assert found["ks"] == pytest.approx(ks_2samp(second[truth == 1], second[truth == 0]).statistic)
            assert found["mcc"] == pytest.approx(metrics.matthews_corrcoef(truth, said))


def test_classes_that_training_never_saw_count_in_the_mean() -> None:
    found = scores.of_classes(np.array([0, 0, -1, -2, -2]), np.array([0, 0, 0, 1, 1]), None)
    assert found["macro_f1"] == pytest.approx((2 * 2 / 5 + 0 + 0) / 3)


def test_one_class_has_neither_auc_nor_correlation() -> None:
    found = scores.of_classes(np.zeros(5, np.int64), np.array([0, 0, 1, 0, 1]), np.linspace(0, 1, 5))
    assert set(found) == {"accuracy", "macro_f1"}
    assert scores.correlation(np.array([True, False]), np.array([True, True])) == 0


@pytest.mark.parametrize("average", [lambda f: f["macro_f1"], lambda f: f["micro_f1"]], ids=["macro", "micro"])
def test_scores_of_several_labels_are_those_of_scikit_learn(average: Callable[[dict[str, float]], float]) -> None:
    generator = np.random.default_rng(0)
    truth, said = generator.random((2, 30, 5)) < 0.3
    truth[:, 4] = said[:, 4] = False
    found = scores.of_labels(truth, said, (truth == said).all(1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        named = {"macro_f1": "macro", "micro_f1": "micro"}
        wanted = {
            name: metrics.f1_score(truth, said, average=how, zero_division=0.0)  # pyright: ignore[reportArgumentType]
            for name, how in named.items()
        }
    assert average(found) == pytest.approx(average(wanted))  # pyright: ignore[reportArgumentType]
