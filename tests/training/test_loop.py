"""The loop against the textbook: the same losses, the same weights, and never a ruined update."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
import torch
from torch import nn

from headstart.core import catalog
from headstart.core.contracts import Backbone, Batch, Step
from headstart.core.errors import ContractError
from headstart.training.loop import resting, train
from headstart.training.nonfinite import NonFinite
from headstart.training.plan import rate_factor

Build = Callable[..., Any]
Weights = Callable[..., dict[str, torch.Tensor]]


def close(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor], within: float) -> None:
    assert one.keys() == other.keys()
    for name in one:
        torch.testing.assert_close(one[name], other[name], atol=within, rtol=within, msg=name)


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd"])
def test_training_equals_the_textbook_loop(build: Build, weights: Weights, optimizer: Any) -> None:
    ours, theirs = build(optimizer=optimizer, steps=12), build(optimizer=optimizer, steps=12)
    losses = [float(p.loss) for p in train(ours.trainee, ours.batches, ours.plan)]

    backbone, task, plan = theirs.trainee.backbone, theirs.trainee.objective, theirs.plan
    parameters = [*backbone.parameters(), *task.parameters()]
    decay = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": plan.weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    if optimizer == "sgd":
        stepper: torch.optim.Optimizer = torch.optim.SGD(decay, plan.lr, plan.momentum, nesterov=True)
    else:
        kind = torch.optim.AdamW if optimizer == "adamw" else torch.optim.Adam
        stepper = kind(decay, plan.lr, (plan.momentum, plan.beta2))
    obvious = []
    for i, batch in enumerate(islice(theirs.batches.stream(0), 12)):
        for group in stepper.param_groups:
            group["lr"] = plan.lr * rate_factor(i / 12, plan.schedule, warmup=plan.warmup, final=plan.final)
        stepper.zero_grad()
        loss = task(backbone, batch).loss
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, plan.clip)
        stepper.step()
        obvious.append(loss.item())

    assert losses == pytest.approx(obvious, abs=1e-5)
    close(weights(ours.trainee), weights(theirs.trainee), 1e-5)


def test_progress_counts_steps_rows_and_time_up_to_exactly_1(build: Build) -> None:
    made = build(steps=5)
    seen = list(train(made.trainee, made.batches, made.plan))
    assert [p.step for p in seen] == [1, 2, 3, 4, 5]
    assert [p.rows for p in seen] == [24, 48, 72, 96, 120]
    assert [p.done for p in seen] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert [p.seconds for p in seen] == sorted(p.seconds for p in seen)
    assert seen[-1].done == 1.0


def test_a_budget_of_minutes_ends_soon_after_them(build: Build) -> None:
    made = build(steps=None, minutes=0.3 / 60)
    seen = list(train(made.trainee, made.batches, made.plan))
    assert seen[-1].done == 1.0
    assert 0.3 <= seen[-1].seconds < 3


@pytest.mark.parametrize("rows", [96, 91])
@pytest.mark.parametrize("parts", [2, 4])
def test_accumulation_changes_neither_loss_nor_gradients(build: Build, weights: Weights, parts: int, rows: int) -> None:
    ends, losses = [], []
    for accumulate in (1, parts):
        made = build(rows=rows, batch=96, steps=2, accumulate=accumulate, optimizer="sgd", momentum=0.0, lr=0.5, clip=0)
        steps = list(train(made.trainee, made.batches, made.plan))
        losses.append([float(p.loss) for p in steps] + [float(p.logs["accuracy"]) for p in steps])
        ends.append(weights(made.trainee))
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)
    close(ends[0], ends[1], 1e-6)


def test_a_loss_that_compares_rows_is_not_accumulated(build: Build) -> None:
    made = build(objective="contrastive", accumulate=2)
    with pytest.raises(ContractError, match="accumulate=1"):
        next(train(made.trainee, made.batches, made.plan))


def test_clipping_bounds_the_length_of_an_update(build: Build, weights: Weights) -> None:
    made = build(
        optimizer="sgd", momentum=0.0, weight_decay=0.0, lr=1.0, warmup=0.0, schedule="constant", clip=1e-3, steps=1
    )
    before = weights(made.trainee)
    list(train(made.trainee, made.batches, made.plan))
    after = weights(made.trainee)
    length = sum(float((after[name] - before[name]).square().sum()) for name in before) ** 0.5
    assert length == pytest.approx(1e-3, rel=1e-3)


def test_averaged_weights_follow_the_slow_formula(build: Build) -> None:
    made = build(ema=0.8, steps=15)
    parameters = [*made.trainee.backbone.parameters(), *made.trainee.objective.parameters()]
    slow = [p.detach().clone() for p in parameters]
    for done in train(made.trainee, made.batches, made.plan):
        decay = min(0.8, done.step / (9 + done.step))
        slow = [decay * a + (1 - decay) * p.detach() for a, p in zip(slow, parameters, strict=True)]
        live = [p.detach().clone() for p in parameters]
        with done.state.averaged():
            for average, p in zip(slow, parameters, strict=True):
                torch.testing.assert_close(p.detach(), average)
        assert all(torch.equal(a, p) for a, p in zip(live, parameters, strict=True))


def spoil(trainee: Any, monkeypatch: pytest.MonkeyPatch, at: int, how: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """From call `at` on, the loss goes through `how`."""
    calls = iter(range(100))
    sound = trainee.objective.forward

    def forward(backbone: Backbone, batch: Batch) -> Step:
        step = sound(backbone, batch)
        return Step(how(step.loss), step.logs) if next(calls) >= at else step

    monkeypatch.setattr(trainee.objective, "forward", forward)


class FiniteWithInfiniteGradient(torch.autograd.Function):
    """The identity forward, infinity backward."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
        return gradients[0] * torch.inf


HOWS = {
    "nan": lambda loss: loss * torch.nan,
    "inf": lambda loss: loss + torch.inf,
    "gradient": FiniteWithInfiniteGradient.apply,
}


@pytest.mark.parametrize("how", HOWS)
def test_ruin_stops_before_the_update_and_names_the_step(
    build: Build, weights: Weights, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    made = build(steps=6)
    spoil(made.trainee, monkeypatch, 3, HOWS[how])
    steps = train(made.trainee, made.batches, made.plan)
    for _ in range(3):
        next(steps)
    kept = weights(made.trainee)
    with pytest.raises(NonFinite, match="step 3") as caught:
        next(steps)
    assert caught.value.exit_code == 65
    assert all(torch.equal(kept[name], tensor) for name, tensor in weights(made.trainee).items())


def test_dropout_is_a_function_of_seed_and_step_not_of_what_ran_before(build: Build, weights: Weights) -> None:
    ends = []
    for noise in (1, 2):
        made = build(settings={"dropout": 0.5})
        torch.manual_seed(noise)
        torch.rand(noise)
        list(train(made.trainee, made.batches, made.plan))
        ends.append(weights(made.trainee))
    close(ends[0], ends[1], 0.0)


def test_another_seed_gives_other_weights(build: Build, weights: Weights) -> None:
    ends = []
    for seed in (0, 1):
        made = build(seed=seed)
        list(train(made.trainee, made.batches, made.plan))
        ends.append(weights(made.trainee))
    assert not torch.equal(ends[0]["objective.head.weight"], ends[1]["objective.head.weight"])


def test_a_closed_form_is_one_step_over_all_rows(build: Build) -> None:
    made = build("linear", "pca", settings={"width": 4})
    seen = list(train(made.trainee, made.batches, made.plan))
    assert [(p.step, p.done, p.rows) for p in seen] == [(1, 1.0, 120)]
    assert not list(train(made.trainee, made.batches, made.plan, state=seen[0].state))


def test_resting_gives_every_module_its_own_mode_back(build: Build) -> None:
    made = build("cnn")
    made.trainee.backbone.train()
    made.trainee.objective.train()
    made.trainee.backbone.layers()[0].eval()
    before = [m.training for m in made.trainee.backbone.modules()]
    with resting(made.trainee):
        assert not any(m.training for m in made.trainee.backbone.modules())
        assert not torch.is_grad_enabled()
    assert [m.training for m in made.trainee.backbone.modules()] == before


@pytest.mark.parametrize("backbone", ["mlp", "cnn", "vit"])
def test_every_stepped_objective_can_be_trained_by_the_loop(build: Build, backbone: str) -> None:
    for objective in ("autoencoder", "masked", "contrastive"):
        if objective == "masked" and not catalog.load("backbones", backbone).any_subset:
            continue
        small = {"vit": {"width": 24, "depth": 1}, "mlp": None, "cnn": None}[backbone]
        made = build(backbone, objective, settings=small, steps=3)
        assert all(torch.isfinite(p.loss) for p in train(made.trainee, made.batches, made.plan))
