"""Pairs: what is drawn together, the head that is solved at the end, and whom the tuning refuses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from headstart.core.errors import ContractError, RecipeError
from headstart.training.loop import resting, train
from headstart.training.run.preflight import preflight
from headstart.training.run.run import Run
from headstart.training.tunings.pairs import Pairs, supervised_contrast

Build = Callable[..., Any]


def looped(vectors: Tensor, classes: list[int], temperature: float) -> float:
    """The loss row by row and pair by pair (Khosla et al. 2020, equation 2)."""
    unit = functional.normalize(vectors, dim=1)
    rows, each = range(len(unit)), []
    for i in rows:
        near = {j: math.exp(float(unit[i] @ unit[j]) / temperature) for j in rows if j != i}
        partners = [j for j in near if classes[j] == classes[i]]
        if partners:
            each.append(-sum(math.log(near[j] / sum(near.values())) for j in partners) / len(partners))
    return sum(each) / len(each)


def test_the_loss_equals_the_double_loop() -> None:
    vectors, classes = torch.randn(7, 5, generator=torch.Generator().manual_seed(0)), [0, 1, 0, 2, 1, 0, 3]
    loss, _ = supervised_contrast(vectors, torch.tensor(classes), 0.3)
    assert float(loss) == pytest.approx(looped(vectors, classes, 0.3), rel=1e-5)


def test_rows_without_a_partner_teach_nothing_and_ruin_nothing() -> None:
    vectors = torch.randn(3, 4, requires_grad=True)
    loss, right = supervised_contrast(vectors, torch.tensor([0, 1, 2]), 0.1)
    loss.backward()
    assert (float(loss.detach()), float(right)) == (0.0, 0.0)
    assert vectors.grad is not None
    assert torch.equal(vectors.grad, torch.zeros(3, 4))


def test_how_often_the_nearest_row_is_of_the_same_class() -> None:
    vectors = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.8, 0.1]])
    _, right = supervised_contrast(vectors, torch.tensor([0, 0, 1, 1]), 0.1)
    assert float(right) == pytest.approx(0.5)  # of the second row it is the fourth, and the other way round


def done(setup: Any) -> Run:
    run = Run(setup.trainee, setup.batches, setup.plan, setup.tuning)
    for _ in run:
        pass
    return run


def apart(setup: Any) -> float:
    """How much more alike two rows of one class are than two of others, in mean cosine."""
    batch = next(setup.batches.once(120))
    with resting(setup.trainee):
        features, y = setup.trainee.objective.examine(setup.trainee.backbone, batch)
    cosine, same = functional.normalize(features, dim=1) @ functional.normalize(features, dim=1).T, y[:, None] == y
    return float(cosine[same].mean() - cosine[~same].mean())


@pytest.mark.parametrize("backbone", ["mlp", "resnet"])
def test_classes_move_apart_and_the_head_is_solved_at_the_end(build: Build, backbone: str) -> None:
    setup = build(backbone, tuning=Pairs(), steps=15, lr=3e-3)
    before = apart(setup)
    head = setup.trainee.objective.get_parameter("head.weight")
    fresh = head.detach().clone()
    run = Run(setup.trainee, setup.batches, setup.plan, setup.tuning)
    for _ in run:
        assert torch.equal(head, fresh)  # until the end there is none
    assert apart(setup) > before + 0.1
    assert not torch.equal(head, fresh)
    last = run.outcome.history[-1]
    assert last["head_loss"] < math.log(3)
    assert last["nearest_alike"] <= 1


def test_the_same_seed_ends_with_the_same_weights_and_another_does_not(build: Build) -> None:
    heads = []
    for seed in (0, 0, 1):
        setup = build(tuning=Pairs(views=2), steps=4, seed=seed)
        done(setup)
        heads.append(setup.trainee.objective.get_parameter("head.weight").detach().clone())
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


def test_two_views_are_partners_of_each_other(build: Build) -> None:
    setup = build(tuning=Pairs(views=2), augment={"shift": 1, "flip": True})
    batch = {name: values[:3] for name, values in next(setup.batches.once(120)).items()}
    batch["y"] = torch.arange(3)
    learner, network = setup.trainee.objective, setup.trainee.backbone
    once, twice = (float(Pairs(views=views).step(learner, network, batch).loss.detach()) for views in (1, 2))
    assert once == 0
    assert twice > 0


def test_batch_norms_keep_their_statistics(build: Build) -> None:
    setup = build("cnn", tuning=Pairs(), steps=4)
    before = {n: b.clone() for n, b in setup.trainee.backbone.named_buffers() if "running" in n}
    done(setup)
    after = dict(setup.trainee.backbone.named_buffers())
    assert before
    assert all(torch.equal(after[name], value) for name, value in before.items())


@pytest.mark.parametrize("targets", [torch.rand(120, 1), torch.rand(120), torch.ones(120, 3)])
def test_rows_that_have_no_single_class_are_refused(build: Build, targets: Tensor) -> None:
    setup = build(tuning=Pairs())
    batch = {**next(setup.batches.once(120)), "y": targets}
    with pytest.raises(ContractError, match="one class per row"):
        Pairs().step(setup.trainee.objective, setup.trainee.backbone, batch)


def test_mixed_pictures_are_refused(build: Build) -> None:
    setup = build(tuning=Pairs(), augment={"mixup": 0.2, "shift": 0})
    with pytest.raises(ContractError, match="HS-C216"):
        next(train(setup.trainee, setup.batches, setup.plan, setup.tuning))


def test_a_single_row_and_pieces_of_a_batch_are_refused(build: Build) -> None:
    setup = build(tuning=Pairs(), batch=1)
    with pytest.raises(ContractError, match="no pair"):
        next(train(setup.trainee, setup.batches, setup.plan, setup.tuning))
    setup = build(tuning=Pairs(), accumulate=2)
    with pytest.raises(ContractError, match="HS-C130"):
        next(train(setup.trainee, setup.batches, setup.plan, setup.tuning))


@pytest.mark.parametrize("settings", [{"temperature": 0.0}, {"views": 0}])
def test_settings_out_of_range_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match="HS-R215"):
        Pairs(**settings)


def test_a_sound_run_is_not_warned_of(build: Build) -> None:
    setup = build(tuning=Pairs())
    found = preflight(setup.trainee, setup.tuning, setup.batches)
    assert found.warnings == ()
    assert found.loss is not None
    assert found.trained == found.parameters
