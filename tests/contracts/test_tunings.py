"""The contract of every tuning, checked on every file of the folder."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from headstart.core import catalog, recipe
from headstart.core.contracts import Backbone, Batch, Task, Tuning
from headstart.core.errors import ContractError
from headstart.training.plan import Plan
from tests.helpers.worlds import FIRST, World, built, needed, some, tiers

NETWORKS = {
    "mlp": ("digits", {}),
    "cnn": ("digits", {"channels": (8, 8)}),
    "vit": ("digits", {"width": 24, "depth": 2}),
    "encoder": ("sentences", {"width": 24, "depth": 2, "heads": 2}),
    "decoder": ("sentences", {"width": 24, "depth": 2, "heads": 2}),
    "rnn": ("sentences", {"width": 24, "hidden": 24}),
}
pytestmark = pytest.mark.parametrize("kind", catalog.kinds("tunings"))


@pytest.fixture(params=tiers(NETWORKS))
def network(kind: str, request: pytest.FixtureRequest, world_of: Callable[[str], World]) -> str:
    """The first network that the tuning is for, or each of them."""
    return request.param if request.param != FIRST else next(name for name in NETWORKS if suits(kind, name, world_of))


def suits(kind: str, network: str, world_of: Callable[[str], World]) -> bool:
    world, settings = NETWORKS[network]
    try:
        catalog.load("tunings", kind)().begin(needed(built(network, world_of(world), **settings), network))
    except ContractError:
        return False
    return True


@pytest.fixture
def world(network: str, world_of: Callable[[str], World]) -> World:
    return world_of(NETWORKS[network][0])


@pytest.fixture
def labelled(world: World) -> Batch:
    return world.labelled


@pytest.fixture
def parts(network: str, world: World, tuning: Tuning) -> tuple[Backbone, Task]:
    """What the tuning is about to train, begun; skipped where it says that such a network is not for it."""
    backbone = needed(built(network, world, **NETWORKS[network][1]), network)
    augment = world.modality.augment(world.modality, **({"shift": 0} if world.kind == "image" else {}))
    classes = [str(n) for n in range(10)]
    task = catalog.load("tasks", "classify")(backbone, world.labelled, augment, classes=classes)
    try:
        tuning.begin(backbone)
    except ContractError as refusal:
        assert refusal.code == "HS-C265"  # noqa: PT017 - any other refusal is a fault
        pytest.skip(f"{network} is not for this tuning")
    return backbone, task


@pytest.fixture
def tuning(kind: str) -> Tuning:
    return catalog.load("tunings", kind)()


def test_groups_hold_every_parameter_at_most_once_and_the_whole_head(
    kind: str, tuning: Tuning, parts: tuple[Backbone, Task]
) -> None:
    backbone, task = parts
    found = [id(p) for group in tuning.groups(backbone, task) for p in group.parameters]
    known = {id(p) for part in parts for p in part.parameters()}
    assert len(found) == len(set(found))
    assert set(found) <= known
    assert {id(p) for p in task.parameters()} <= set(found)


def test_rates_are_factors_between_0_and_1(kind: str, tuning: Tuning, parts: tuple[Backbone, Task]) -> None:
    groups = tuning.groups(*parts)
    for done in (0.0, 0.3, 1.0):
        tuning.at(done)
        assert all(0 <= group.rate <= 1 for group in groups)


def test_the_state_at_a_moment_does_not_depend_on_how_it_was_reached(
    kind: str, parts: tuple[Backbone, Task], tuning: Tuning
) -> None:
    def state(done: float) -> list[tuple[bool, bool]]:
        tuning.at(done)
        return [(p.requires_grad, m.training) for m in parts[0].modules() for p in m.parameters(recurse=False)]

    tuning.groups(*parts)
    stepwise = [state(done) for done in (0.0, 0.2, 0.4, 0.7, 1.0)]
    parts[0].train().requires_grad_(True)
    tuning.groups(*parts)
    assert state(0.7) == stepwise[3]


def test_a_closed_form_changes_the_head_and_nothing_else(
    kind: str, tuning: Tuning, parts: tuple[Backbone, Task], labelled: Batch
) -> None:
    if not tuning.closed_form:
        pytest.skip(f"{kind} is stepped")
    backbone, task = parts
    before = {name: tensor.clone() for name, tensor in backbone.state_dict().items()}
    with torch.no_grad():
        untrained = float(task.eval()(backbone.eval(), labelled).loss)
        halves = [some(labelled, part) for part in (slice(0, 30), slice(30, 64))]
        step = tuning.solve(backbone, task, halves, 0)
        assert float(step.loss) < untrained
        assert float(step.loss) == pytest.approx(float(task(backbone, labelled).loss), rel=1e-3)
    assert all(torch.equal(before[name], tensor) for name, tensor in backbone.state_dict().items())


def test_what_is_put_in_comes_out_again_and_the_answers_stay(
    kind: str, tuning: Tuning, network: str, world: World, parts: tuple[Backbone, Task]
) -> None:
    backbone, task = parts
    plain = needed(built(network, world, **NETWORKS[network][1]), network).state_dict()
    groups = [] if tuning.closed_form else tuning.groups(backbone, task)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in (p for group in groups if group.name != "head" for p in group.parameters):
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
        before = backbone.eval()(world.ready).x
        tuning.end(backbone)
        after = backbone.eval()(world.ready).x
    assert {name: t.shape for name, t in backbone.state_dict().items()} == {n: t.shape for n, t in plain.items()}
    assert torch.allclose(after, before, atol=1e-5 * float(before.abs().max()) + 1e-6)
    assert all(p.requires_grad for p in backbone.parameters())


def test_advice_names_settings_there_are(kind: str, tuning: Tuning, parts: tuple[Backbone, Task]) -> None:
    for name in tuning.advice:
        section, _, key = name.partition(".")
        assert section in recipe.TABLES
        if section == "plan":
            assert key in catalog.defaults(Plan)
