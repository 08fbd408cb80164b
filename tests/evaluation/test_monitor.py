"""The monitor: every planted disease is named with its cure, and no healthy run is accused."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from headstart.evaluation.monitor import diagnose, effective_rank

FALLING = list(2.3 * np.exp(-np.arange(100) / 30) + 0.2 + np.random.default_rng(0).normal(0, 0.02, 100))


@pytest.fixture(scope="module")
def digits():
    return (np.asarray(load_digits(return_X_y=True)[0])[:512] / 16).astype(np.float32)


def healthy(n=512, width=64):
    return np.random.default_rng(0).normal(size=(n, width))


def names(findings):
    return [finding.name for finding in findings]


def perceptron(seed, depth, width=128):
    torch.manual_seed(seed)
    sizes = [64] + [width] * depth
    layers = [layer for a, b in pairwise(sizes) for layer in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*layers)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
@pytest.mark.parametrize("seed", [0, 1])
def test_networks_before_training_are_not_accused(digits, depth, seed):
    features = perceptron(seed, depth)(torch.tensor(digits)).detach().numpy()
    assert diagnose(features, FALLING) == []


def test_a_trained_autoencoder_is_not_accused(digits):
    encoder, decoder = perceptron(0, 2), nn.Linear(128, 64)
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], 1e-3)
    x = torch.tensor(digits)
    losses = []
    for _ in range(150):
        loss = ((decoder(encoder(x)) - x) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert diagnose(encoder(x).detach().numpy(), losses) == []


def test_a_narrow_bottleneck_is_not_a_collapse(digits):
    assert diagnose(digits[:, 20:22] @ np.ones((2, 2)) + digits[:, 30:32], FALLING) == []


def test_an_offset_shared_by_all_rows_is_no_collapse():
    assert diagnose(healthy() + 100.0, FALLING) == []
    assert effective_rank(healthy() + 100.0) == pytest.approx(effective_rank(healthy()))


def test_dimensional_collapse_is_named_with_its_rank_and_cure():
    generator = np.random.default_rng(0)
    features = generator.normal(size=(512, 3)) @ generator.normal(size=(3, 128)) + generator.normal(0, 1e-4, (512, 128))
    (finding,) = diagnose(features, FALLING, rank_at_start=31.0)
    assert (finding.name, finding.severity) == ("dimensional collapse", "fault")
    assert finding.value == pytest.approx(3, abs=0.3)
    assert finding.message.startswith("dimensional collapse: effective rank ")
    assert "of 128, 31.0 before training; lower the learning rate; else raise the batch size" in finding.message


def test_data_of_few_dimensions_are_not_a_collapse_when_the_start_was_as_narrow():
    generator = np.random.default_rng(0)
    features = generator.normal(size=(512, 2)) @ generator.normal(size=(2, 64))
    assert names(diagnose(features, FALLING)) == ["dimensional collapse"]
    assert diagnose(features, FALLING, rank_at_start=2.0) == []


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_constant_output_is_named_at_any_scale(scale):
    features = scale * (np.ones((100, 1)) * healthy(1) + 1e-5 * healthy(100))
    assert names(diagnose(features, FALLING)) == ["constant output"]
    assert names(diagnose(np.zeros((100, 64)), FALLING)) == ["constant output"]


def test_dead_units_are_counted():
    features = np.maximum(healthy(), 0)
    features[:, :50] = 0
    (finding,) = diagnose(features, FALLING)
    assert (finding.name, finding.severity) == ("dead units", "warning")
    assert finding.value == pytest.approx(50 / 64)


@pytest.mark.parametrize("chance", [math.log(10), math.log(2 * 256 - 1)])
def test_a_loss_at_ln_k_is_stuck(chance):
    losses = chance + np.random.default_rng(0).normal(0, 0.002, 200)
    (finding,) = diagnose(healthy(), list(losses), chance_loss=chance)
    assert (finding.name, finding.severity) == ("loss stuck at chance", "fault")
    assert f"{chance:.3f}" in finding.message


def test_a_flat_loss_and_a_rising_loss_are_told_apart():
    noise = np.random.default_rng(0).normal(0, 0.05, 200)
    assert names(diagnose(healthy(), list(5 + noise))) == ["loss not falling"]
    assert names(diagnose(healthy(), list(1 + np.linspace(0, 2, 200) + noise))) == ["loss rising"]


def test_a_loss_that_falls_steeply_at_first_is_healthy():
    noise = np.random.default_rng(0).normal(0, 0.001, 200)
    course = 0.036 + 0.02 * np.exp(-np.arange(200) / 40) + 0.2 * np.exp(-np.arange(200) / 2)
    assert diagnose(healthy(), list(course + noise)) == []


def test_a_falling_negative_loss_is_healthy():
    noise = np.random.default_rng(0).normal(0, 0.02, 200)
    assert diagnose(healthy(), list(-np.linspace(0, 0.9, 200) + noise)) == []


def test_flat_noise_is_rarely_called_rising():
    generator = np.random.default_rng(0)
    rising = sum(
        "loss rising" in names(diagnose(healthy(40, 8), generator.normal(5, 1, 100).tolist())) for _ in range(200)
    )
    assert rising <= 4


def test_what_is_not_a_number_is_a_fault_of_its_own():
    features = healthy()
    features[3, 4] = np.nan
    found = diagnose(features, [1.0, 0.9, float("nan"), 0.8])
    assert names(found) == ["not a number", "loss not a number"]
    assert found[1].value == 2


def test_faults_come_before_warnings():
    found = diagnose(np.ones((64, 16)), list(5 + np.random.default_rng(0).normal(0, 0.05, 200)))
    assert [finding.severity for finding in found] == ["fault", "warning"]


def test_a_teacher_that_says_the_same_of_all_is_named_and_an_even_one_is_not():
    falling = np.linspace(0.9, 0.01, 60)
    found = diagnose(healthy(), FALLING, spreads=list(falling))
    assert names(found) == []  # the last quarter is at .12 in the middle
    found = diagnose(healthy(), FALLING, spreads=[*falling, *[0.01] * 30])
    assert names(found) == ["collapsed teacher"]
    assert found[0].severity == "fault"
    assert "objective.decay" in found[0].cure
    assert diagnose(healthy(), FALLING, spreads=[0.8] * 50) == []


@pytest.mark.parametrize("losses", [FALLING, list(5 + np.random.default_rng(0).normal(0, 0.05, 200))])
def test_a_rank_that_fell_asks_for_a_lower_learning_rate_never_a_higher(losses):
    generator = np.random.default_rng(0)
    features = generator.normal(size=(512, 13)) @ generator.normal(size=(13, 128))
    found = diagnose(features, losses, rank_at_start=85.0)
    assert names(found)[0] == "falling rank"
    assert "85.0 before training; lower the learning rate" in found[0].message
    assert not any("raise the learning rate" in finding.message for finding in found)
    stuck = diagnose(features, list(np.full(100, 2.3)), chance_loss=2.3, rank_at_start=85.0)
    assert not any("raise the learning rate" in finding.message for finding in stuck)


def test_a_rank_that_fell_by_half_or_to_the_classes_is_healthy():
    generator = np.random.default_rng(0)
    features = generator.normal(size=(512, 13)) @ generator.normal(size=(13, 128))
    assert diagnose(features, FALLING, rank_at_start=26.0) == []
    assert diagnose(features, FALLING, rank_at_start=85.0, general=False) == []


def test_pairs_that_are_told_from_the_outset_need_not_be_told_better():
    losses = list(0.05 + np.random.default_rng(0).normal(0, 0.01, 200))
    assert diagnose(healthy(), losses, chance_loss=math.log(63)) == []
    assert names(diagnose(healthy(), losses)) == ["loss not falling"]


@pytest.mark.parametrize(("rate", "named"), [(1e-3, False), (1.0, True)])
def test_a_real_run_at_a_rate_that_is_too_high_loses_rank(digits, rate, named):
    """An autoencoder of digits: with a good rate half of its rank stays, with a thousand times as much next to none."""
    encoder, decoder = perceptron(0, 2), nn.Linear(128, 64)
    x, losses = torch.tensor(digits), []
    before = effective_rank(encoder(x).detach().numpy())
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], rate)
    for _ in range(100):
        loss = ((decoder(encoder(x)) - x) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    found = diagnose(encoder(x).detach().numpy(), losses, rank_at_start=before)
    assert bool(found) == named
    assert not any("raise the learning rate" in finding.message for finding in found)
