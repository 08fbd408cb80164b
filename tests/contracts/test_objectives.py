"""The contract of every objective, checked on every file of the folder and outside, in worlds of all kinds of data."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from headstart.core import catalog
from headstart.core.contracts import Augment, Backbone, Batch, Objective
from headstart.core.errors import ContractError
from tests.helpers.worlds import FIRST, World, built, every, small, some, tiers

WORLDS = ("digits", "sentences", "signals", "vectors", "table")
# the cheapest first: an objective is tried with each until one suits it; then the same with what it advises
ORDER = ["mlp", "linear", "vit", "cnn", "resnet", "encoder", "decoder", "rnn"]

pytestmark = pytest.mark.parametrize("kind", every("objectives"))


@pytest.fixture(params=tiers(WORLDS))
def world(kind: str, request: pytest.FixtureRequest, world_of: Callable[[str], World]) -> World:
    """The first world in which some backbone suits the objective, or each; the test is skipped where none does."""
    if request.param == FIRST:
        return next(made for made in map(world_of, WORLDS) if suited(kind, made) is not None)
    made = world_of(request.param)
    if suited(kind, made) is None:
        pytest.skip(f"{kind} learns from other data")
    return made


def augment_of(world: World) -> Augment:
    return world.modality.augment(world.modality)


def suited(kind: str, world: World) -> tuple[Backbone, Objective] | None:
    """The objective from its defaults, with the first backbone that suits it in this world."""
    cls: type[Objective] = catalog.load("objectives", kind)
    settled = cls.infer_settings([str(n) for n in range(10)]) if cls.needs_labels else {}
    kinds = sorted(every("backbones"), key=lambda k: ORDER.index(k) if k in ORDER else len(ORDER))
    for name in kinds:
        for advised in ({}, advice(cls, name)):
            backbone = built(name, world, **{**small(name, world), **advised})
            if backbone is None:
                break
            try:
                return backbone, cls(backbone, world.labelled, augment_of(world), **settled)
            except ContractError:
                continue  # this one does not suit it
    return None


def build(kind: str, world: World) -> tuple[Backbone, Objective]:
    found = suited(kind, world)
    assert found is not None
    return found


def advice(cls: type[Objective], backbone: str) -> dict[str, Any]:
    """What the objective advises about a backbone that has such settings; few channels, because the test is small."""
    known = catalog.defaults(catalog.load("backbones", backbone))
    wanted = {name.partition(".")[2]: value for name, value in cls.advice.items() if name.startswith("backbone.")}
    if not set(wanted) <= set(known):
        return {}
    return {**wanted, "channels": (64,)} if "channels" in wanted else wanted


def learn(backbone: Backbone, objective: Objective, batch: Batch, steps: int) -> list[float]:
    """Losses of so many steps of Adam, or of one solution."""
    if objective.solved:
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


def test_there_is_a_world_that_it_learns_from(kind: str, world_of: Callable[[str], World]) -> None:
    assert any(suited(kind, world_of(name)) is not None for name in WORLDS)


def test_learning_helps(kind: str, world: World) -> None:
    backbone, objective = build(kind, world)
    if objective.solved:
        untrained = objective(backbone, world.labelled).loss.item()
        assert learn(backbone, objective, world.labelled, 1)[0] < untrained
        assert objective(backbone, world.labelled).loss.item() < untrained
        return
    losses = learn(backbone, objective, world.labelled, 30)
    assert all(math.isfinite(loss) for loss in losses)
    assert sum(losses[-3:]) < 0.9 * sum(losses[:3])


def test_a_solution_beats_the_mean_predictor(kind: str, world: World) -> None:
    backbone, objective = build(kind, world)
    if not objective.solved:
        pytest.skip(f"{kind} is stepped")
    step = objective.solve(backbone, [world.labelled])
    assert math.isfinite(step.loss.item())
    assert step.logs["explained_variance"].item() > 0.2


def test_gradients_reach_the_backbone(kind: str, world: World) -> None:
    backbone, objective = build(kind, world)
    if objective.solved:
        pytest.skip(f"{kind} is solved")
    learn(backbone, objective, world.labelled, 1)  # heads may start at 0, which stops the first gradient
    backbone.zero_grad()
    objective(backbone, world.labelled).loss.backward()
    for layer in backbone.layers():
        assert any(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in layer.parameters()), f"none in {layer}"


def test_the_first_loss_is_near_that_of_knowing_nothing(kind: str, world: World) -> None:
    backbone, objective = build(kind, world)
    chance = objective.chance_loss(64)
    if chance is None:
        pytest.skip(f"{kind} knows no such number")
    first = objective(backbone, world.labelled).loss.item()
    assert first < 1.25 * chance
    # what compares rows may tell them apart before it learned anything: two readings of a text hardly differ
    assert first > 0.75 * chance or not objective.needs.rows_independent


def test_a_loss_that_says_so_is_a_mean_over_rows(kind: str, world: World) -> None:
    backbone, objective = build(kind, world)
    if objective.solved or not objective.needs.rows_independent:
        pytest.skip(f"{kind} does not promise it")
    learn(backbone, objective, world.labelled, 2)
    backbone.eval()
    objective.eval()
    whole = world.packed if objective.needs.feed == "packed" and world.packed is not None else world.labelled
    rows = len(whole["x"])
    halves = [objective(backbone, some(whole, part)).loss for part in (slice(0, rows // 4), slice(rows // 4, rows))]
    torch.testing.assert_close(objective(backbone, whole).loss, 0.25 * halves[0] + 0.75 * halves[1])


def test_the_same_keys_give_the_same_weights(kind: str, world: World) -> None:
    ends: list[dict[str, torch.Tensor]] = []
    for _ in range(2):
        backbone, objective = build(kind, world)
        learn(backbone, objective, world.labelled, 3)
        ends.append({**backbone.state_dict(), **objective.state_dict(prefix="objective.")})
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_own_weights_survive_saving(kind: str, world: World) -> None:
    backbone, objective = build(kind, world)
    learn(backbone, objective, world.labelled, 3)
    other_backbone, other = build(kind, world)
    other_backbone.load_state_dict(backbone.state_dict())
    other.load_state_dict(objective.state_dict())
    for module in (backbone, objective, other_backbone, other):
        module.eval()
    assert torch.equal(objective(backbone, world.labelled).loss, other(other_backbone, world.labelled).loss)


def test_inputs_to_look_at_have_the_shape_and_type_of_ready_rows(kind: str, world: World) -> None:
    backbone, objective = build(kind, world)
    for picture in objective.eval().illustrate(backbone.eval(), world.labelled).values():
        assert picture.shape == world.labelled["x"].shape
        assert picture.dtype == world.ready["x"].dtype
