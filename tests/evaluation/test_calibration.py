"""Calibration and temperature, against loops and a peer library."""

import numpy as np
import pytest
import torch
from torchmetrics.functional.classification import multiclass_calibration_error

from headstart.evaluation.calibration import (
    Bin,
    calibration_error,
    calibration_floor,
    calibration_interval,
    equal_mass_table,
    expected_calibration_error,
    fit_temperature,
    reliability_table,
)


def softmax(logits):
    raised = np.exp(logits - logits.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)


def apply_temperature(probabilities, temperature):
    return softmax(np.log(np.maximum(probabilities, 1e-12)) / temperature)


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


@pytest.mark.parametrize(("rows", "sharpen"), [(50, 1.0), (200, 1.0), (200, 3.0)])
def test_the_floor_is_the_error_of_a_true_model_with_as_many_rows(rows, sharpen):
    probabilities = model(0, rows, sharpen=sharpen)[0]
    generator = np.random.default_rng(1)
    confidence = probabilities.max(1)
    errors = []
    for _ in range(300):
        hit = generator.random(rows) < confidence
        errors.append(calibration_error(reliability_of(confidence, hit)))
    floor = calibration_floor(probabilities, np.random.default_rng(0))
    assert floor == pytest.approx(np.mean(errors), rel=0.08)


def reliability_of(confidence, hit, bins=15):
    """The table by a plain loop over bins."""
    table = []
    for low in range(bins):
        mine = (confidence * bins >= low) & ((confidence * bins < low + 1) | (low == bins - 1))
        if mine.any():
            table.append(Bin(low / bins, (low + 1) / bins, confidence[mine].mean(), hit[mine].mean(), int(mine.sum())))
    return table


def test_more_rows_lower_the_floor():
    floors = [calibration_floor(model(0, rows)[0], np.random.default_rng(0)) for rows in (50, 200, 2000)]
    assert floors[0] > 1.5 * floors[1] > 3 * floors[2]


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_the_interval_of_the_error_holds_the_true_one_and_the_value(power):
    """Confidences that come true as often as their power says: 1 is a model that can be believed."""
    generator = np.random.default_rng(0)

    def drawn(rows):
        sure = 0.5 + 0.5 * generator.beta(4, 1.5, rows)
        return np.stack([sure, 1 - sure], 1), (generator.random(rows) >= sure**power).astype(int)

    true, held = expected_calibration_error(*drawn(400_000)), 0
    for _ in range(60):
        probabilities, labels = drawn(200)
        low, high = calibration_interval(probabilities, labels, generator)
        assert 0 <= low <= expected_calibration_error(probabilities, labels) <= high <= 1
        held += low <= max(true, 0.002) <= high
    assert held >= 53  # of 60; 57 on average


def test_the_interval_over_few_groups_is_wider():
    probabilities, labels = model(0, 400, sharpen=2.0)
    groups = np.arange(400) // 40
    labels = np.where((groups % 2 == 0), labels, probabilities.argmax(1))  # every other group is answered rightly
    alone, grouped = (
        calibration_interval(probabilities, labels, np.random.default_rng(0), groups=one) for one in (None, groups)
    )
    assert grouped[1] - grouped[0] > 1.3 * (alone[1] - alone[0])
