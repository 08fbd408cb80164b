"""The contract of every task, checked on every file of the folder.

Labels are the classes of its rows as numbers; tasks that need others say so in the worlds, and are tried there alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

from headstart.assemble.rows import together
from headstart.core import catalog
from headstart.core.contracts import Backbone, Batch, Task
from headstart.core.errors import ContractError
from headstart.data.storage.gather import rows_of
from tests.helpers.worlds import FIRST, World, built, every, needed, small, some, tiers

NETWORKS = {
    "digits": "mlp", "sentences": "encoder", "words": "encoder", "discs": "cnn", "boxes": "cnn", "prompts": "decoder",
    "lines": "cnn",
    "series": "linear", "episodes": "linear", "gestures": "rocket",
    "signals": "tests.outside.parts:Steps", "vectors": "tests.outside.parts:Steps",
}  # fmt: skip
pytestmark = pytest.mark.parametrize("kind", every("tasks"))


@pytest.fixture(params=tiers(NETWORKS))
def name(kind: str, request: pytest.FixtureRequest, world_of: Callable[[str], World]) -> str:
    """The first world that has labels for the task, or each of them."""
    return request.param if request.param != FIRST else next(one for one in NETWORKS if suits(kind, one, world_of))


def suits(kind: str, name: str, world_of: Callable[[str], World]) -> bool:
    """Labels of its own form where there are some, else classes."""
    own = any(kind in world_of(one).labels for one in NETWORKS)
    return kind in world_of(name).labels if own else not world_of(name).labels


@pytest.fixture
def world(name: str, world_of: Callable[[str], World]) -> World:
    return world_of(name)


@pytest.fixture
def examples(kind: str, name: str, world: World, world_of: Callable[[str], World]) -> list[dict[str, Any]]:
    if not suits(kind, name, world_of):
        pytest.skip(f"{kind} has labels of another form")
    labels = world.labels.get(kind, [float(label) for label in world.classes])
    given = zip(labels, rows_of(world.stored), strict=True)
    return [{"label": label, "origin": f"row {i}", "row": row} for i, (label, row) in enumerate(given)]


def headed(kind: str, backbone: Backbone, world: World, examples: list[dict[str, Any]]) -> Task:
    """The task from what its labels settle, or the test is skipped."""
    cls: type[Task] = catalog.load("tasks", kind)
    augment = world.modality.augment(world.modality, **({"shift": 0} if world.kind == "image" else {}))
    narrow = {"width": 16} if "width" in catalog.defaults(cls) else {}
    settled = cls.infer_settings([example["label"] for example in examples])
    try:
        return cls(backbone, world.batch, augment, **settled, **narrow)
    except ContractError as refusal:
        pytest.skip(str(refusal))


@pytest.fixture
def parts(kind: str, name: str, world: World, examples: list[dict[str, Any]]) -> tuple[Backbone, Task, Batch]:
    """A backbone that answers without dropout, the task, and a batch with targets."""
    return begun(kind, name, world, examples)


def begun(kind: str, name: str, world: World, examples: list[dict[str, Any]]) -> tuple[Backbone, Task, Batch]:
    network = NETWORKS[name]
    less = {"channels": (8, 16)} if network == "cnn" else small(network, world)
    backbone = needed(built(network, world, **less), network).eval()
    task = headed(kind, backbone, world, examples)
    columns = {name: torch.from_numpy(values) for name, values in targets(task, examples).items()}
    return backbone, task, {**world.batch, **columns}


def targets(task: Task, examples: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    """What the task has to say of every row."""
    made = [task.label(example, example["row"]) for example in examples]
    return {name: together([row[name] for row in made]) for name in made[0]}


@dataclass(frozen=True, slots=True)
class Lesson:
    """What so many steps did: the losses, and the answers before and after."""

    losses: list[float]
    answers: tuple[list[dict[str, Any]], list[dict[str, Any]]]
    task: Task


@pytest.fixture(scope="module")
def lessons() -> dict[tuple[str, str], Lesson]:
    """Of each kind in each world, once."""
    return {}


@pytest.fixture
def lesson(
    kind: str, name: str, world: World, examples: list[dict[str, Any]], lessons: dict[tuple[str, str], Lesson]
) -> Lesson:
    """Sixty steps."""
    if (kind, name) not in lessons:
        backbone, task, batch = begun(kind, name, world, examples)
        if task.only_tuning is not None:
            pytest.skip("it is solved, and takes no steps")
        with torch.no_grad():
            before = task.predict(backbone, batch)
        losses = learn(backbone, task, batch, 60)
        with torch.no_grad():
            lessons[kind, name] = Lesson(losses, (before, task.predict(backbone, batch)), task)
    return lessons[kind, name]


def linear(parts: tuple[Backbone, Task, Batch]) -> tuple[Backbone, Task, Batch]:
    """The same, or the test is skipped."""
    if parts[1].probe is None or parts[1].only_tuning is not None:
        pytest.skip("no linear model can be its head")
    return parts


def learn(backbone: Backbone, task: Task, batch: Batch, steps: int) -> list[float]:
    if task.only_tuning is not None:
        with torch.no_grad():
            seen, truth = task.examine(backbone.eval(), batch)
        task.linear_probe().fit(seen.numpy(), truth.numpy(), solver="auto", seed=0)
        return []
    optimizer = torch.optim.Adam([*backbone.parameters(), *task.parameters()], 1e-3)
    losses: list[float] = []
    for _ in range(steps):
        step = task(backbone, batch)
        optimizer.zero_grad()
        step.loss.backward()
        optimizer.step()
        losses.append(step.loss.item())
    return losses


def test_what_labels_settle_is_plain_and_accepted_by_the_constructor(
    kind: str, parts: tuple[Backbone, Task, Batch], examples: list[dict[str, Any]]
) -> None:
    cls: type[Task] = catalog.load("tasks", kind)
    settled = cls.infer_settings([example["label"] for example in examples] + [None])
    assert json.loads(json.dumps(settled)) == settled
    assert set(catalog.check(cls, settled, "task")) == set(catalog.defaults(cls))


def test_the_loss_is_finite_and_falls(kind: str, lesson: Lesson) -> None:
    assert all(math.isfinite(loss) for loss in lesson.losses)
    assert lesson.losses[39] < 0.7 * lesson.losses[0]


def test_the_first_loss_is_that_of_knowing_nothing(kind: str, parts: tuple[Backbone, Task, Batch]) -> None:
    backbone, task, batch = parts
    chance = task.chance_loss(64)
    assert chance is None or float(task(backbone, batch).loss.detach()) == pytest.approx(chance, rel=0.01)


def test_forward_is_examine_then_judge(kind: str, parts: tuple[Backbone, Task, Batch]) -> None:
    backbone, task, batch = parts
    backbone.eval()
    task.eval()
    features, targets = task.examine(backbone, batch)
    assert len(features) == len(targets) >= 64
    assert torch.equal(task.judge(features, targets).loss, task(backbone, batch).loss)


def test_the_loss_is_a_mean_over_rows(kind: str, parts: tuple[Backbone, Task, Batch]) -> None:
    backbone, task, batch = parts
    learn(backbone, task, batch, 3)
    whole = task(backbone, batch).loss.detach()
    halves = [task(backbone, some(batch, part)).loss.detach() for part in (slice(0, 16), slice(16, 64))]
    torch.testing.assert_close(whole, 0.25 * halves[0] + 0.75 * halves[1])


def test_every_row_gets_one_plain_answer(kind: str, parts: tuple[Backbone, Task, Batch]) -> None:
    backbone, task, batch = parts
    with torch.no_grad():
        answers = task.eval().predict(backbone.eval(), batch)
    assert len(answers) == 64
    assert json.loads(json.dumps(answers)) == answers


def test_learning_raises_row_scores_and_betters_the_headline(
    kind: str, lesson: Lesson, examples: list[dict[str, Any]]
) -> None:
    task, seen = lesson.task, []
    for answers in lesson.answers:
        rows, scores = task.row_scores(answers, examples), task.score(answers, examples)
        assert rows.shape[0] == 64
        assert all(isinstance(value, float) for value in scores.values())
        assert set(scores) <= set(task.answer.metrics)
        metric = task.answer.metrics[next(iter(scores))]
        seen.append((metric.of(rows), next(iter(scores.values()))))
    assert (seen[1][1] - seen[0][1]) * metric.sign > 0
    # average precision is read from counts at a hundred scores
    assert seen[1][1] == pytest.approx(seen[1][0], abs=0.01 if next(iter(scores)) == "map50" else 1e-5)


def test_a_fitted_linear_head_answers_as_its_formula(
    kind: str, parts: tuple[Backbone, Task, Batch], examples: list[dict[str, Any]], world: World
) -> None:
    backbone, task, batch = linear(parts)
    backbone.eval()
    task.eval()
    with torch.no_grad():
        features, targets = task.examine(backbone, batch)
        before = float(task.judge(features, targets).loss)
        probe = task.linear_probe()
        fit = probe.fit(features.numpy(), targets.numpy(), solver="logistic", seed=0)
        probe.load(fit)
        assert float(task.judge(features, targets).loss) < before
        outputs = features @ torch.from_numpy(fit.weight) + torch.from_numpy(fit.bias)
        formula = probe.regroup(outputs, world.modality, world.stored)
        rows = task.row_scores(task.predict(backbone, batch), examples)
    np.testing.assert_allclose(rows, task.row_scores(formula, examples), atol=1e-3)


def test_own_weights_survive_saving(
    kind: str, world: World, parts: tuple[Backbone, Task, Batch], examples: list[dict[str, Any]]
) -> None:
    backbone, task, batch = parts
    learn(backbone, task, batch, 3)
    other = headed(kind, backbone, world, examples)
    other.load_state_dict(task.state_dict())
    with torch.no_grad():
        assert other.eval().predict(backbone.eval(), batch) == task.eval().predict(backbone, batch)


def test_a_simple_model_sees_as_many_rows_as_there_are_decisions(
    kind: str, parts: tuple[Backbone, Task, Batch], examples: list[dict[str, Any]], world: World
) -> None:
    _, task, _ = linear(parts)
    labels, probe = targets(task, examples), task.linear_probe()
    truth = probe.decisions(world.modality, world.stored, labels)
    seen, asked = probe.features(world.modality, world.stored, world.stored)
    assert seen.shape[0] == asked.shape[0] == len(truth) == probe.count(world.modality, world.stored, 64)
    fit = probe.fit(seen, truth, solver="auto", seed=0)
    answers = probe.regroup(torch.from_numpy(seen @ fit.weight + fit.bias), world.modality, world.stored)
    scores = task.score(answers, examples)
    assert next(iter(scores.values())) * task.answer.metrics[next(iter(scores))].sign > -2.0
    assert len(answers) == 64


def test_the_simple_model_answers_every_row_and_betters_the_blind_one(
    kind: str, parts: tuple[Backbone, Task, Batch], examples: list[dict[str, Any]], world: World
) -> None:
    _, task, _ = parts
    if ":" in kind and task.baseline is None:
        pytest.skip("it says that it has none")
    assert task.baseline is not None
    assert task.baseline.name
    baseline = task.baseline(task, world.modality, world.stored, targets(task, examples), 0)
    values = []
    for found in (baseline.blind(world.stored, 64), baseline.predict(world.stored, 64)):
        assert len(found.answers) == 64
        assert json.loads(json.dumps(found.answers)) == found.answers
        assert all(isinstance(value, float) for value in found.chosen.values())
        name, value = next(iter(task.score(found.answers, examples).items()))
        values.append(value * task.answer.metrics[name].sign)
    assert values[1] > values[0]
