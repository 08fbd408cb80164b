"""Calibration, temperature, conformal sets and abstention, against loops and a peer library."""

import numpy as np
import pytest
import torch
from torchmetrics.functional.classification import multiclass_calibration_error

from headstart.evaluation.calibration import (
    abstention_curve,
    apply_temperature,
    calibration_error,
    conformal,
    conformal_sets,
    conformal_threshold,
    equal_mass_table,
    expected_calibration_error,
    fit_temperature,
    reliability_table,
    softmax,
)


def model(seed, n, *, classes=5, sharpen=1.0):
    """Labels drawn from true probabilities, and the same probabilities sharpened: an over-confident model."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 1.5, (n, classes))
    truth = softmax(logits)
    labels = (generator.random((n, 1)) > truth.cumsum(1)).sum(1).clip(max=classes - 1)
    return softmax(logits * sharpen), labels


def test_calibration_error_agrees_with_torchmetrics():
    probabilities, labels = model(0, 2000, sharpen=2.0)
    theirs = multiclass_calibration_error(torch.tensor(probabilities), torch.tensor(labels), 5, n_bins=15, norm="l1")
    assert expected_calibration_error(probabilities, labels) == pytest.approx(float(theirs), abs=1e-6)


def test_a_true_model_is_calibrated_and_a_sharpened_one_is_not():
    assert expected_calibration_error(*model(0, 20_000)) < 0.015
    assert expected_calibration_error(*model(0, 20_000, sharpen=3.0)) > 0.1


def test_equal_mass_bins_hold_equal_rows_and_equal_the_sorted_loop():
    probabilities, labels = model(1, 300, sharpen=2.0)
    table = equal_mass_table(probabilities, labels)
    assert {one.rows for one in table} == {20}
    order = np.argsort(probabilities.max(1))
    hit = probabilities.argmax(1) == labels
    gaps = [abs(probabilities.max(1)[part].mean() - hit[part].mean()) for part in np.split(order, 15)]
    assert calibration_error(table) == pytest.approx(np.mean(gaps))


def test_confidences_of_zero_and_one_find_a_bin():
    table = reliability_table(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([0, 1]))
    assert [one.rows for one in table] == [1, 1]
    assert table[-1].accuracy == 1.0
    assert len(equal_mass_table(np.array([[1.0, 0.0]]), np.array([0]))) == 1


@pytest.mark.parametrize("sharpen", [0.5, 1.0, 3.0])
def test_temperature_undoes_what_sharpened_the_probabilities(sharpen):
    probabilities, labels = model(2, 8000, sharpen=sharpen)
    temperature = fit_temperature(probabilities, labels)
    assert temperature == pytest.approx(sharpen, rel=0.06)
    np.testing.assert_allclose(apply_temperature(probabilities, temperature).sum(1), 1)


def test_temperature_is_as_good_as_a_fine_grid():
    probabilities, labels = model(3, 500, sharpen=2.0)

    def loss(temperature):
        return -np.log(apply_temperature(probabilities, temperature)[np.arange(500), labels]).mean()

    assert loss(fit_temperature(probabilities, labels)) <= min(loss(t) for t in np.linspace(0.5, 5, 200)) + 1e-6


def test_conformal_sets_cover_what_they_promise_even_for_a_bad_model():
    coverages = []
    for seed in range(200):
        held, held_labels = model(2 * seed, 100, sharpen=3.0)
        new, new_labels = model(2 * seed + 1, 200, sharpen=3.0)
        coverages.append(conformal(new, new_labels, conformal_threshold(held, held_labels, miss=0.1)).coverage)
    assert 0.89 <= np.mean(coverages) <= 0.93  # theory: between 0.9 and 0.9 + 1 / 101


def test_too_few_held_out_rows_put_every_class_in_the_set():
    probabilities, labels = model(0, 5)
    threshold = conformal_threshold(probabilities, labels, miss=0.1)
    assert conformal_sets(probabilities, threshold).all()


def test_the_conformal_threshold_equals_the_plain_quantile_rule():
    probabilities, labels = model(4, 99)
    scores = sorted(1 - probabilities[np.arange(99), labels])
    assert conformal_threshold(probabilities, labels, miss=0.1) == pytest.approx(1 - scores[90 - 1])


def test_abstaining_keeps_the_surest_rows_as_the_plain_loop_does():
    probabilities, labels = model(5, 200)
    curve = abstention_curve(probabilities, labels)
    assert curve.coverage[0] == 1.0
    hit = probabilities.argmax(1) == labels
    assert curve.accuracy[0] == pytest.approx(hit.mean())
    assert curve.accuracy[-1] > curve.accuracy[0] + 0.1
    for coverage, accuracy in zip(curve.coverage, curve.accuracy, strict=True):
        surest = sorted(range(200), key=lambda row: -probabilities[row].max())[: round(coverage * 200)]
        assert accuracy == pytest.approx(hit[surest].mean())
