"""Classes of mixed pictures: the loss is that of both classes in their shares, and only classify takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.nn import functional

from headstart.core import catalog
from headstart.core.errors import RecipeError
from headstart.training.loop import train

Build = Callable[..., Any]
MIXED = {"shift": 0, "mixup": 1.0, "cutmix": 1.0}


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", ["none", {"a": 3.0, "c": 0.5}])
def test_the_loss_is_that_of_both_classes_in_their_shares(build: Build, smoothing: float, weights: Any) -> None:
    task = {"smoothing": smoothing, "weights": weights}
    mixed, plain = build(augment=MIXED, task=task), build(task=task)
    batch, learner = mixed.batches.at(0), mixed.trainee.objective
    for made in (learner, plain.trainee.objective):
        torch.nn.init.normal_(made.head.weight, generator=torch.Generator().manual_seed(0))
    features, targets = learner.examine(mixed.trainee.backbone, batch)
    share = learner.augment({**batch, "mix": batch["y"]})["share"]
    slow = torch.zeros(())
    for row in range(len(features)):
        own = plain.trainee.objective.judge(features[row : row + 1], batch["y"][row : row + 1]).loss
        other = plain.trainee.objective.judge(features[row : row + 1], batch["y"][row - 1][None]).loss
        slow = slow + (share[row] * own + (1 - share[row]) * other) / len(features)
    torch.testing.assert_close(learner.judge(features, targets).loss, slow)


def test_several_labels_are_mixed_too(build: Build) -> None:
    made = build(augment=MIXED, task={"multi_label": True})
    batch, learner = made.batches.at(0), made.trainee.objective
    y = (torch.rand(len(batch["y"]), 3, generator=torch.Generator().manual_seed(0)) < 0.5).float()
    features, targets = learner.examine(made.trainee.backbone, {**batch, "y": y})
    share = learner.augment({**batch, "mix": y})["share"][:, None]
    torch.testing.assert_close(targets, share * y + (1 - share) * y.roll(1, 0))
    outputs = learner.head(features)
    both = [functional.binary_cross_entropy_with_logits(outputs, goal, reduction="none") for goal in (y, y.roll(1, 0))]
    torch.testing.assert_close(learner.judge(features, targets).loss, (share * both[0] + (1 - share) * both[1]).mean())


def test_without_mixing_targets_are_the_classes(build: Build) -> None:
    made = build(augment={"shift": 1, "flip": True})
    batch = made.batches.at(0)
    assert made.trainee.objective.examine(made.trainee.backbone, batch)[1] is batch["y"]
    mixed = build(augment=MIXED)
    mixed.trainee.objective.eval()
    assert mixed.trainee.objective.examine(mixed.trainee.backbone, batch)[1] is batch["y"]


def test_knowing_nothing_costs_what_it_costs_without_mixing(build: Build) -> None:
    made = build(augment=MIXED)
    step = made.trainee.objective(made.trainee.backbone, made.batches.at(0))
    assert step.loss.item() == pytest.approx(made.trainee.objective.chance_loss(24), rel=1e-5)


def test_it_learns_from_mixed_pictures(build: Build) -> None:
    made = build(augment=MIXED, steps=60)
    for _ in train(made.trainee, made.batches, made.plan):
        pass
    trainee, batch = made.trainee, next(made.batches.once(120))
    trainee.backbone.eval()
    trainee.objective.eval()
    with torch.no_grad():
        assert trainee.objective(trainee.backbone, batch).logs["accuracy"] > 0.95


@pytest.mark.parametrize(("family", "kind"), [("tasks", "regress"), ("objectives", "autoencoder")])
def test_what_has_no_classes_refuses_them(build: Build, family: str, kind: str) -> None:
    made = build(augment=MIXED)
    sample, backbone = made.batches.sample(), made.trainee.backbone
    learner = catalog.load(family, kind)(backbone, sample, made.trainee.objective.augment)
    with pytest.raises(RecipeError, match="need classes") as caught:
        learner(backbone, made.batches.at(0))
    assert caught.value.code == "HS-R284"
