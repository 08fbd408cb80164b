"""A loss that is not finite: who is to blame is named, and a run may go back and on at half the rate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from headstart.core.contracts import Backbone, Batch, Step
from headstart.training.loop import Progress, Trainee, train
from headstart.training.nonfinite import NonFinite, buffers_kept
from headstart.training.optimizer import State
from headstart.training.run import checkpoint
from tests.helpers.runs import complete

Build = Callable[..., Any]
Weights = Callable[..., dict[str, torch.Tensor]]


class Burst(nn.Module):
    """A module whose output is not finite for some rows from the `since`-th training step on."""

    def __init__(self, inside: nn.Module, guilty: Callable[[torch.Tensor], torch.Tensor], value: float) -> None:
        super().__init__()
        self.inside, self.guilty, self.value, self.on = inside, guilty, value, False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.inside(x)
        rows = self.guilty(x).view(-1, *[1] * (out.ndim - 1)) if self.on else torch.zeros((), dtype=torch.bool)
        return torch.where(rows, torch.full_like(out, self.value), out)


def planted(made: Any, value: float, rows: list[int], step: int) -> Burst:
    """Put a burst over the second linear layer, for the rows at these places of a step's batch."""
    backbone = made.trainee.backbone
    name = [n for n, m in backbone.named_modules() if isinstance(m, nn.Linear)][1]
    marks: list[torch.Tensor] = []

    def guilty(x: torch.Tensor) -> torch.Tensor:
        flat = x.detach().reshape(len(x), -1)
        if not marks:
            marks.extend(flat[row] for row in rows)
        return torch.stack([torch.isclose(flat, mark, atol=1e-4).all(dim=1) for mark in marks]).any(dim=0)

    parent, _, last = name.rpartition(".")
    burst = Burst(backbone.get_submodule(name), guilty, value)
    setattr(backbone.get_submodule(parent), last, burst)
    return burst


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_step_rows_and_first_module_are_named_and_the_weights_stay(
    build: Build, weights: Weights, value: float
) -> None:
    made = build(steps=8)
    burst = planted(made, value, [5, 11], 4)
    steps = train(made.trainee, made.batches, made.plan)
    for _ in range(4):
        next(steps)
    burst.on, kept = True, weights(made.trainee)
    with pytest.raises(NonFinite) as caught:
        next(steps)
    origins = made.batches.origins(4)
    assert (caught.value.step, caught.value.rows) == (4, [origins[5], origins[11]])
    assert caught.value.module.endswith("(Burst)")
    for words in ("step 4", origins[5], origins[11], "in 2 of 24 rows", "--on-nan rollback"):
        assert words in caught.value.line()
    assert all(torch.equal(t, weights(made.trainee)[name]) for name, t in kept.items())
    assert all(p.grad is None for p in made.trainee.backbone.parameters())


def test_a_broken_weight_is_named_before_any_row(build: Build) -> None:
    made = build(steps=3)
    name, weight = next(iter(made.trainee.backbone.named_parameters()))
    weight.data.view(-1)[3] = torch.nan
    with pytest.raises(NonFinite) as caught:
        next(train(made.trainee, made.batches, made.plan))
    assert caught.value.module == f"the weights backbone.{name}"
    assert caught.value.rows == []


class Spike(torch.autograd.Function):
    """The identity forward, infinity backward."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
        return gradients[0] * torch.inf


def test_a_loss_is_looked_at_where_its_gradient_is_finite(
    build: Build, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = build(steps=3)
    sound = made.trainee.objective.forward
    monkeypatch.setattr(made.trainee.objective, "forward", lambda b, x: Step(sound(b, x).loss + torch.inf, {}))
    kept = weights(made.trainee)
    with pytest.raises(NonFinite, match="the loss is not finite"):
        next(train(made.trainee, made.batches, made.plan))
    assert all(torch.equal(t, weights(made.trainee)[name]) for name, t in kept.items())


def test_looking_for_rows_changes_no_running_statistics() -> None:
    norm = nn.BatchNorm1d(3)
    with buffers_kept(norm):
        norm(torch.randn(8, 3))
    assert torch.equal(norm.running_mean, torch.zeros(3))  # pyright: ignore[reportArgumentType]
    norm(torch.randn(8, 3))
    assert not torch.equal(norm.running_mean, torch.zeros(3))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("clip", [1.0, 0.0])
def test_a_gradient_is_looked_at_with_and_without_clipping(
    build: Build, weights: Weights, monkeypatch: pytest.MonkeyPatch, clip: float
) -> None:
    made = build(steps=3, clip=clip)
    sound = made.trainee.objective.forward
    monkeypatch.setattr(made.trainee.objective, "forward", lambda b, x: _spiked(sound(b, x)))
    kept = weights(made.trainee)
    with pytest.raises(NonFinite, match="the gradient is not finite") as caught:
        next(train(made.trainee, made.batches, made.plan))
    assert "the gradient of objective." in caught.value.module
    assert all(torch.equal(t, weights(made.trainee)[name]) for name, t in kept.items())


def _spiked(step: Step) -> Step:
    return Step(Spike.apply(step.loss), step.logs)


def ruin_above(made: Any, monkeypatch: pytest.MonkeyPatch, rate: float, at: int) -> None:
    """A loss that is ruined from step `at` on while the run goes faster than this share of its rate."""
    sound, states = made.trainee.objective.forward, list[State]()

    def forward(backbone: Backbone, batch: Batch) -> Step:
        step, state = sound(backbone, batch), states[-1]
        return Step(step.loss * (torch.nan if state.slowed > rate and state.step >= at else 1.0), step.logs)

    def spied(trainee: Trainee, batches: Any, plan: Any, tuning: Any, state: State) -> Iterator[Progress]:
        states.append(state)
        return train(trainee, batches, plan, tuning, state)

    monkeypatch.setattr(made.trainee.objective, "forward", forward)
    monkeypatch.setattr("headstart.training.run.run.train", spied)


@pytest.mark.parametrize("bearable", [0.5, 0.25, 0.125])
def test_rollback_goes_back_a_checkpoint_at_half_the_rate_until_it_holds(
    build: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bearable: float
) -> None:
    made = build(steps=12, save=2, on_nan="rollback")
    ruin_above(made, monkeypatch, bearable, at=5)
    rates: list[float] = []
    outcome = complete(made, folder=tmp_path, watch=lambda p, logs: rates.append(p.state.slowed))
    assert outcome.steps == 12
    assert rates[-1] == bearable
    told = [line.partition("went back to ")[2].partition(",")[0] for line in outcome.warnings]
    # what went back once in vain goes back further
    assert told == {0.5: ["step 4"], 0.25: ["step 4", "step 2"], 0.125: ["step 4", "step 2", "step 2"]}[bearable]


def test_after_three_ways_back_the_ruin_is_an_error(
    build: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = build(steps=12, save=1, on_nan="rollback")
    ruin_above(made, monkeypatch, 0.0, at=5)
    with pytest.raises(NonFinite, match="going back 3 times"):
        complete(made, folder=tmp_path)
    found, _ = checkpoint.load(tmp_path / "last", build(steps=12).trainee)
    assert found is not None
    assert (found.state.slowed, found.notes["rollbacks"]) == (0.125, 3)


def test_before_the_first_checkpoint_the_way_back_is_the_beginning(
    build: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = build(steps=6, on_nan="rollback")
    ruin_above(made, monkeypatch, 0.5, at=3)
    outcome = complete(made, folder=tmp_path)
    assert any("went back to step 0" in line for line in outcome.warnings)


def test_a_rate_that_is_really_too_high_is_cured_by_going_back(build: Build, tmp_path: Path) -> None:
    """The squared error of a mean of 64 diverges above a rate; an eighth of this one is below it."""
    settings = {"optimizer": "sgd", "momentum": 0.0, "clip": 0.0, "warmup": 0.0, "schedule": "constant", "steps": 40}
    high = {"lr": 4.0, "save": 20, **settings}
    ruined = build("mlp", "autoencoder", **high)
    with pytest.raises(NonFinite):
        complete(ruined, folder=tmp_path / "stop")
    made = build("mlp", "autoencoder", on_nan="rollback", **high)
    outcome = complete(made, folder=tmp_path / "rollback")
    assert outcome.steps == 40
    assert outcome.warnings


def test_a_kill_after_a_rollback_changes_nothing(
    build: Build, weights: Weights, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def go(folder: Path, cut: int) -> dict[str, torch.Tensor]:
        made = build(steps=12, save=2, on_nan="rollback")
        ruin_above(made, monkeypatch, 0.5, at=5)

        def watch(progress: Progress, logs: Mapping[str, float]) -> None:
            if progress.step == cut and progress.state.slowed < 1:
                raise KeyboardInterrupt

        complete(made, folder=folder, watch=watch)
        return weights(made.trainee)

    whole = go(tmp_path / "whole", 0)
    for cut in (5, 6, 9):
        with pytest.raises(KeyboardInterrupt):
            go(tmp_path / str(cut), cut)
        end = go(tmp_path / str(cut), 0)
        assert all(torch.equal(tensor, end[name]) for name, tensor in whole.items())


def test_negative_control_without_rollback_the_same_run_stops(
    build: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = build(steps=12, save=2)
    ruin_above(made, monkeypatch, 0.5, at=5)
    with pytest.raises(NonFinite, match="step 5"):
        complete(made, folder=tmp_path)
