"""The contract of every objective, checked on every file of the folder."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from headstart.core import catalog
from headstart.core.contracts import Augment, Backbone, Batch, Objective, Task
from headstart.core.errors import ContractError
from headstart.data.modalities.image import Image

FACTS = {"channels": 1, "height": 8, "width": 8}
# the cheapest first: an objective is tried with each until one suits it; then the same with what it advises
ORDER = ["mlp", "linear", "vit", "cnn", "resnet"]

pytestmark = pytest.mark.parametrize("kind", catalog.kinds("objectives"))


@pytest.fixture
def augment(modality: Callable[..., Image]) -> Augment:
    return catalog.load("augments", "image")(modality())


@pytest.fixture
def labelled(digit_batch: Batch) -> Batch:
    from sklearn.datasets import load_digits

    _, classes = load_digits(return_X_y=True)
    return {**digit_batch, "y": torch.from_numpy(np.asarray(classes)[:64].copy())}


def build(kind: str, sample: Batch, augment: Augment) -> tuple[Backbone, Objective]:
    """The objective from its defaults, with the first backbone that suits it."""
    torch.manual_seed(0)
    cls: type[Objective] = catalog.load("objectives", kind)
    settings = cls.settle([str(n) for n in range(10)]) if issubclass(cls, Task) else {}
    kinds = sorted(catalog.kinds("backbones"), key=lambda k: ORDER.index(k) if k in ORDER else len(ORDER))
    for name in kinds:
        for advised in ({}, advice(cls, name)):
            backbone = catalog.load("backbones", name)(FACTS, **advised)
            try:
                return backbone, cls(backbone, sample, augment, **settings)
            except ContractError:
                continue  # this one does not suit it
    raise AssertionError(f"no backbone suits {kind}")


def advice(cls: type[Objective], backbone: str) -> dict[str, Any]:
    """What the objective advises about a backbone that has such settings; few channels, because the test is small."""
    known = catalog.defaults(catalog.load("backbones", backbone))
    wanted = {name.partition(".")[2]: value for name, value in cls.advice.items() if name.startswith("backbone.")}
    if not set(wanted) <= set(known):
        return {}
    return {**wanted, "channels": (64,)} if "channels" in wanted else wanted


def learn(backbone: Backbone, objective: Objective, batch: Batch, steps: int) -> list[float]:
    """Losses of so many steps of Adam, or of one solution."""
    if objective.closed_form:
        return [objective.solve(backbone, [batch]).loss.item()]
    optimizer = torch.optim.Adam([*backbone.parameters(), *objective.parameters()], 1e-3)
    losses: list[float] = []
    for _ in range(steps):
        step = objective(backbone, batch)
        optimizer.zero_grad()
        step.loss.backward()
        optimizer.step()
        objective.after_step(backbone)
        losses.append(step.loss.item())
    return losses


def test_learning_helps(kind: str, labelled: Batch, augment: Augment) -> None:
    backbone, objective = build(kind, labelled, augment)
    if objective.closed_form:
        untrained = objective(backbone, labelled).loss.item()
        assert learn(backbone, objective, labelled, 1)[0] < untrained
        assert objective(backbone, labelled).loss.item() < untrained
        return
    losses = learn(backbone, objective, labelled, 30)
    assert all(math.isfinite(loss) for loss in losses)
    assert sum(losses[-3:]) < 0.9 * sum(losses[:3])


def test_a_solution_beats_the_mean_predictor(kind: str, labelled: Batch, augment: Augment) -> None:
    backbone, objective = build(kind, labelled, augment)
    if not objective.closed_form:
        pytest.skip(f"{kind} is stepped")
    step = objective.solve(backbone, [labelled])
    assert math.isfinite(step.loss.item())
    assert step.logs["explained_variance"].item() > 0.2


def test_gradients_reach_the_backbone(kind: str, labelled: Batch, augment: Augment) -> None:
    backbone, objective = build(kind, labelled, augment)
    if objective.closed_form:
        pytest.skip(f"{kind} is solved")
    learn(backbone, objective, labelled, 1)  # heads may start at 0, which stops the first gradient
    backbone.zero_grad()
    objective(backbone, labelled).loss.backward()
    for layer in backbone.layers():
        assert any(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in layer.parameters()), f"none in {layer}"


def test_the_same_keys_give_the_same_weights(kind: str, labelled: Batch, augment: Augment) -> None:
    ends: list[dict[str, torch.Tensor]] = []
    for _ in range(2):
        backbone, objective = build(kind, labelled, augment)
        learn(backbone, objective, labelled, 3)
        ends.append({**backbone.state_dict(), **objective.state_dict(prefix="objective.")})
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_own_weights_survive_saving(kind: str, labelled: Batch, augment: Augment) -> None:
    backbone, objective = build(kind, labelled, augment)
    learn(backbone, objective, labelled, 3)
    other_backbone, other = build(kind, labelled, augment)
    other_backbone.load_state_dict(backbone.state_dict())
    other.load_state_dict(objective.state_dict())
    for module in (backbone, objective, other_backbone, other):
        module.eval()
    assert torch.equal(objective(backbone, labelled).loss, other(other_backbone, labelled).loss)


def test_pictures_to_look_at_have_the_shape_of_the_input(kind: str, labelled: Batch, augment: Augment) -> None:
    backbone, objective = build(kind, labelled, augment)
    for picture in objective.eval().illustrate(backbone.eval(), labelled).values():
        assert picture.shape == labelled["x"].shape
        assert picture.dtype == torch.float32
