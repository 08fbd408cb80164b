"""The contract of every tuning, checked on every file of the folder."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from headstart.core import catalog, recipe
from headstart.core.contracts import Augment, Backbone, Batch, Task, Tuning
from headstart.data.modalities.image import Image
from headstart.training.plan import Plan

FACTS = {"channels": 1, "height": 8, "width": 8}
pytestmark = pytest.mark.parametrize("kind", catalog.kinds("tunings"))


@pytest.fixture
def augment(modality: Callable[..., Image]) -> Augment:
    return catalog.load("augments", "image")(modality(), shift=0)


@pytest.fixture
def labelled(digit_batch: Batch) -> Batch:
    from sklearn.datasets import load_digits

    _, classes = load_digits(return_X_y=True)
    return {**digit_batch, "y": torch.from_numpy(np.asarray(classes)[:64].copy())}


@pytest.fixture(params=["mlp", "cnn", "vit"])
def parts(request: pytest.FixtureRequest, labelled: Batch, augment: Augment) -> tuple[Backbone, Task]:
    settings = {"vit": {"width": 24, "depth": 2}, "cnn": {"channels": (8, 8)}}.get(request.param, {})
    backbone = catalog.load("backbones", request.param)(FACTS, **settings)
    classes = [str(n) for n in range(10)]
    return backbone, catalog.load("tasks", "classify")(backbone, labelled, augment, classes=classes)


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
        halves = [{name: t[part] for name, t in labelled.items()} for part in (slice(0, 30), slice(30, 64))]
        step = tuning.solve(backbone, task, halves, 0)
        assert float(step.loss) < untrained
        assert float(step.loss) == pytest.approx(float(task(backbone, labelled).loss), rel=1e-3)
    assert all(torch.equal(before[name], tensor) for name, tensor in backbone.state_dict().items())


def test_advice_names_settings_there_are(kind: str, tuning: Tuning, parts: tuple[Backbone, Task]) -> None:
    for name in tuning.advice:
        section, _, key = name.partition(".")
        assert section in recipe.TABLES
        if section == "plan":
            assert key in catalog.defaults(Plan)
