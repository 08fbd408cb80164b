"""Probe, gradual and full: what moves, what stays, and how fast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from headstart.training.loop import train
from headstart.training.tunings.full import Full
from headstart.training.tunings.gradual import Gradual
from headstart.training.tunings.probe import Probe

Build = Callable[..., Any]
Weights = Callable[..., dict[str, torch.Tensor]]


def moved(before: dict[str, torch.Tensor], after: dict[str, torch.Tensor], part: str) -> bool:
    return any(not torch.equal(before[name], after[name]) for name in before if name.startswith(part))


def test_gradual_opens_one_layer_at_a_time_from_the_output_side(build: Build, weights: Weights) -> None:
    tuning = Gradual(opened=0.6)
    made = build(settings={"widths": (16, 8, 8)}, tuning=tuning, steps=40)
    before = weights(made.trainee)
    first_moved: dict[str, int] = {}
    for done in train(made.trainee, made.batches, made.plan, tuning):
        now = weights(made.trainee)
        for part in ("backbone.blocks.0", "backbone.blocks.1", "backbone.blocks.2", "objective.head"):
            if moved(before, now, part):
                first_moved.setdefault(part, done.step)
    # three layers and the head share the first 60 % of 40 steps: a new one every 6
    assert list(first_moved.values()) == sorted(first_moved.values())
    assert list(first_moved) == ["objective.head", "backbone.blocks.2", "backbone.blocks.1", "backbone.blocks.0"]
    assert list(first_moved.values()) == [1, 7, 13, 19]


def test_a_frozen_batch_norm_keeps_its_statistics_and_an_open_one_does_not(build: Build, weights: Weights) -> None:
    for opened, moves in ((1.0, False), (0.0, True)):
        tuning = Gradual(opened=opened)
        made = build("cnn", tuning=tuning, steps=20)
        before = weights(made.trainee)
        steps = train(made.trainee, made.batches, made.plan, tuning)
        for _ in range(5):
            next(steps)
        after = weights(made.trainee)
        statistics = [name for name in before if "running_mean" in name]
        assert statistics
        assert any(not torch.equal(before[name], after[name]) for name in statistics) == moves


def test_resting_batch_norms_keep_their_statistics_while_their_weights_learn(build: Build, weights: Weights) -> None:
    setup = build("cnn", tuning=Full(norms="rest"), steps=3)
    before = weights(setup.trainee)
    list(train(setup.trainee, setup.batches, setup.plan, setup.tuning))
    after = weights(setup.trainee)
    for name in before:
        if "running" in name or "batches" in name:
            assert torch.equal(before[name], after[name])
        else:
            assert not torch.equal(before[name], after[name])


def test_layer_wise_rates_are_powers_of_the_decay(build: Build) -> None:
    made = build(settings={"widths": (16, 8, 8)})
    for tuning in (Full(layer_decay=0.5), Gradual(layer_decay=0.5)):
        groups = tuning.groups(made.trainee.backbone, made.trainee.objective)
        assert [group.rate for group in groups] == [0.25, 0.5, 1.0, 1.0]
    groups = Full(layer_decay=0.5, backbone=0.1).groups(made.trainee.backbone, made.trainee.objective)
    assert [group.rate for group in groups] == pytest.approx([0.025, 0.05, 0.1, 1.0])


def test_a_layer_with_half_the_rate_moves_half_as_far(build: Build, weights: Weights) -> None:
    far = []
    for decay in (1.0, 0.5):
        tuning = Full(layer_decay=decay)
        made = build(
            tuning=tuning, task={"hidden": 4}, optimizer="sgd", momentum=0.0, weight_decay=0.0, clip=0, steps=1,
            lr=1e-3, schedule="constant", warmup=0.0,
        )  # fmt: skip
        before = weights(made.trainee)
        list(train(made.trainee, made.batches, made.plan, tuning))
        after = weights(made.trainee)
        far.append({name: (after[name] - before[name]).norm() for name in before})
    lower, upper = "backbone.blocks.0.0.weight", "backbone.blocks.1.0.weight"
    torch.testing.assert_close(far[1][lower], 0.5 * far[0][lower], rtol=1e-2, atol=1e-9)
    torch.testing.assert_close(far[1][upper], far[0][upper])


def test_a_rate_of_0_freezes(build: Build, weights: Weights) -> None:
    tuning = Full(backbone=0.0)
    made = build(tuning=tuning, steps=5)
    before = weights(made.trainee)
    list(train(made.trainee, made.batches, made.plan, tuning))
    assert not moved(before, weights(made.trainee), "backbone")
    assert moved(before, weights(made.trainee), "objective")


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_the_probe_sees_features_without_dropout_and_augmentation(build: Build, dropout: float) -> None:
    made = build(settings={"dropout": dropout}, augment={"flip": True, "shift": 1}, tuning=Probe())
    made.trainee.backbone.train()
    list(train(made.trainee, made.batches, made.plan, made.tuning))
    plain = build(settings={"dropout": 0.0}, tuning=Probe())
    list(train(plain.trainee, plain.batches, plain.plan, plain.tuning))
    torch.testing.assert_close(
        made.trainee.objective.get_parameter("head.weight"), plain.trainee.objective.get_parameter("head.weight")
    )


def test_the_probe_is_as_good_as_scikit_learn_on_the_same_features(build: Build) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    made = build("cnn", tuning=Probe(solver="logistic"), rows=60)
    list(train(made.trainee, made.batches, made.plan, made.tuning))
    held = build("cnn", rows=120)
    made.trainee.backbone.eval()
    made.trainee.objective.eval()
    with torch.no_grad():
        found = [made.trainee.objective.examine(made.trainee.backbone, b) for b in held.batches.once(120)]
        x, y = found[0]
        ours = (made.trainee.objective.head(x).argmax(1) == y)[60:].float().mean().item()
    features, targets = x.numpy(), y.numpy()
    theirs = make_pipeline(
        StandardScaler(), GridSearchCV(LogisticRegression(max_iter=1000), {"C": np.logspace(-4, 4, 9)})
    ).fit(features[:60], targets[:60])
    assert ours >= theirs.score(features[60:], targets[60:]) - 0.05


def test_the_probe_gives_the_same_head_whatever_the_batches(build: Build) -> None:
    heads = []
    for size in (7, 120):
        made = build(tuning=Probe())
        made.trainee.backbone.eval()
        made.trainee.objective.eval()
        with torch.no_grad():
            Probe().solve(made.trainee.backbone, made.trainee.objective, made.batches.once(size), 0)
        heads.append(made.trainee.objective.get_parameter("head.weight").detach().numpy())
    np.testing.assert_allclose(heads[0], heads[1], rtol=1e-2, atol=1e-3)  # a solver that ends at a tolerance


def test_after_the_last_layer_opened_everything_learns(build: Build) -> None:
    tuning = Gradual(opened=0.2)
    made = build(tuning=tuning, steps=10)
    list(train(made.trainee, made.batches, made.plan, tuning))
    modules: list[nn.Module] = [made.trainee.backbone, made.trainee.objective]
    assert all(p.requires_grad for module in modules for p in module.parameters())
