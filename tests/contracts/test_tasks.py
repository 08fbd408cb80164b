"""The contract of every task, checked on every file of the folder; labels are the digits as numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from headstart.core import catalog
from headstart.core.contracts import Augment, Backbone, Batch, Task
from headstart.data.modalities.image import Image

FACTS = {"channels": 1, "height": 8, "width": 8}
pytestmark = pytest.mark.parametrize("kind", catalog.kinds("tasks"))


@pytest.fixture
def examples() -> list[dict[str, Any]]:
    from sklearn.datasets import load_digits

    _, classes = load_digits(return_X_y=True)
    return [{"label": float(label), "origin": f"row {i}"} for i, label in enumerate(np.asarray(classes)[:64])]


@pytest.fixture
def augment(modality: Callable[..., Image]) -> Augment:
    return catalog.load("augments", "image")(modality(), shift=0)


@pytest.fixture
def built(
    kind: str, digit_batch: Batch, augment: Augment, examples: list[dict[str, Any]]
) -> tuple[Backbone, Task, Batch]:
    """A backbone, the task from what its labels settle, and a batch with targets."""
    cls: type[Task] = catalog.load("tasks", kind)
    backbone = catalog.load("backbones", "mlp")(FACTS)
    task = cls(backbone, digit_batch, augment, **cls.settle([example["label"] for example in examples]))
    made = [task.label(example, {}) for example in examples]
    columns = {name: torch.from_numpy(np.stack([row[name] for row in made])) for name in made[0]}
    return backbone, task, {**digit_batch, **columns}


def learn(backbone: Backbone, task: Task, batch: Batch, steps: int) -> list[float]:
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
    kind: str, built: tuple[Backbone, Task, Batch], examples: list[dict[str, Any]]
) -> None:
    cls: type[Task] = catalog.load("tasks", kind)
    settled = cls.settle([example["label"] for example in examples] + [None])
    assert json.loads(json.dumps(settled)) == settled
    assert set(catalog.check(cls, settled, "task")) == set(catalog.defaults(cls))


def test_the_loss_is_finite_and_falls(kind: str, built: tuple[Backbone, Task, Batch]) -> None:
    losses = learn(*built, 40)
    assert all(math.isfinite(loss) for loss in losses)
    assert losses[-1] < 0.7 * losses[0]


def test_the_first_loss_is_that_of_knowing_nothing(kind: str, built: tuple[Backbone, Task, Batch]) -> None:
    backbone, task, batch = built
    chance = task.chance_loss(64)
    assert chance is None or float(task(backbone, batch).loss.detach()) == pytest.approx(chance, rel=0.01)


def test_forward_is_examine_then_judge(kind: str, built: tuple[Backbone, Task, Batch]) -> None:
    backbone, task, batch = built
    backbone.eval()
    task.eval()
    features, targets = task.examine(backbone, batch)
    assert len(features) == len(targets)
    assert torch.equal(task.judge(features, targets).loss, task(backbone, batch).loss)


def test_the_loss_is_a_mean_over_rows(kind: str, built: tuple[Backbone, Task, Batch]) -> None:
    backbone, task, batch = built
    learn(backbone, task, batch, 3)
    whole = task(backbone, batch).loss.detach()
    halves = [task(backbone, {name: t[part] for name, t in batch.items()}).loss.detach()
              for part in (slice(0, 16), slice(16, 64))]  # fmt: skip
    torch.testing.assert_close(whole, 0.25 * halves[0] + 0.75 * halves[1])


def test_every_row_gets_one_plain_answer(kind: str, built: tuple[Backbone, Task, Batch]) -> None:
    backbone, task, batch = built
    with torch.no_grad():
        answers = task.eval().predict(backbone.eval(), batch)
    assert len(answers) == 64
    assert json.loads(json.dumps(answers)) == answers


def test_learning_raises_row_scores_and_betters_the_headline(
    kind: str, built: tuple[Backbone, Task, Batch], examples: list[dict[str, Any]]
) -> None:
    backbone, task, batch = built
    seen = []
    for steps in (0, 60):
        learn(backbone, task, batch, steps)
        with torch.no_grad():
            answers = task.predict(backbone, batch)
        rows, scores = task.row_scores(answers, examples), task.score(answers, examples)
        assert rows.shape == (64,)
        assert all(isinstance(value, float) for value in scores.values())
        seen.append((rows.mean(), next(iter(scores.values()))))
    from headstart.evaluation.scales import scale_of

    headline = next(iter(scores))
    assert seen[1][0] > seen[0][0]
    assert (seen[1][1] - seen[0][1]) * scale_of(headline).sign > 0
    assert seen[1][1] == pytest.approx(float(scale_of(headline).from_rows(np.array(seen[1][0]))), abs=1e-5)


def test_a_fitted_linear_head_answers_as_its_formula(
    kind: str, built: tuple[Backbone, Task, Batch], examples: list[dict[str, Any]]
) -> None:
    backbone, task, batch = built
    backbone.eval()
    task.eval()
    with torch.no_grad():
        features, targets = task.examine(backbone, batch)
        before = float(task.judge(features, targets).loss)
        fit = task.fit_linear(features.numpy(), targets.numpy(), solver="logistic", seed=0)
        task.wear(fit)
        assert float(task.judge(features, targets).loss) < before
        formula = task.say(features @ torch.from_numpy(fit.weight) + torch.from_numpy(fit.bias))
        rows = task.row_scores(task.predict(backbone, batch), examples)
    np.testing.assert_allclose(rows, task.row_scores(formula, examples), atol=1e-3)


def test_own_weights_survive_saving(
    kind: str, built: tuple[Backbone, Task, Batch], augment: Augment, examples: list[dict[str, Any]]
) -> None:
    backbone, task, batch = built
    learn(backbone, task, batch, 3)
    cls: type[Task] = catalog.load("tasks", kind)
    other = cls(backbone, batch, augment, **cls.settle([example["label"] for example in examples]))
    other.load_state_dict(task.state_dict())
    with torch.no_grad():
        assert other.eval().predict(backbone.eval(), batch) == task.eval().predict(backbone, batch)
