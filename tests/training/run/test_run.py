"""A run from start to end: looks, best weights, early stop, signals, and going on after a cut."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from headstart.training.loop import Progress
from headstart.training.run import checkpoint
from headstart.training.run.early_stopping import Look
from headstart.training.run.signals import Interrupted
from tests.helpers.runs import complete

Build = Callable[..., Any]
Weights = Callable[..., dict[str, torch.Tensor]]


def equal(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> bool:
    return all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_the_best_weights_are_worn_at_the_end(build: Build, weights: Weights) -> None:
    made = build(steps=20, check=0.1)
    scores = iter([0.1, 0.5, 0.9, 0.9, 0.2, 0.3, 0.4, 0.1, 0.0, 0.8])
    seen: list[dict[str, torch.Tensor]] = []

    def look() -> Look:
        seen.append(weights(made.trainee))
        return Look(next(scores), {"valid_accuracy": 0.5})

    outcome = complete(made, look=look)
    assert len(seen) == 10
    assert equal(seen[3], weights(made.trainee))  # the later of two equal ones, which has learned longer
    assert not equal(seen[-1], weights(made.trainee))
    assert outcome.stopped == "budget used"
    assert [row["step"] for row in outcome.history if "valid_accuracy" in row] == list(range(2, 21, 2))


def test_training_stops_after_so_many_looks_without_a_better_one(build: Build, weights: Weights) -> None:
    made = build(steps=100, check=0.05, patience=3)
    scores = iter([0.1, 0.2] + [0.2] * 50)
    best: list[dict[str, torch.Tensor]] = []

    def look() -> Look:
        best.append(weights(made.trainee))
        return Look(next(scores), {})

    outcome = complete(made, look=look)
    assert outcome.steps == 25
    assert "3 looks" in outcome.stopped
    assert equal(best[4], weights(made.trainee))


def test_a_look_without_a_score_keeps_the_last_weights(build: Build, weights: Weights) -> None:
    made = build(steps=10, check=0.2)
    last: list[dict[str, torch.Tensor]] = []
    modes: list[bool] = []

    def look() -> Look:
        modes.append(made.trainee.backbone.training or torch.is_grad_enabled())
        return Look(None, {"valid_loss": 1.0})

    def watch(progress: Progress, logs: Mapping[str, float]) -> None:
        last[:] = [weights(made.trainee)]

    complete(made, look=look, watch=watch)
    assert equal(last[0], weights(made.trainee))
    assert modes == [False] * 5


def test_without_a_look_the_averaged_weights_are_worn(build: Build, weights: Weights) -> None:
    made = build(steps=10, ema=0.9)
    averages: list[dict[str, torch.Tensor]] = []

    def watch(progress: Progress, logs: Mapping[str, float]) -> None:
        with progress.state.averaged():
            averages[:] = [weights(made.trainee)]

    complete(made, watch=watch)
    assert equal(averages[0], weights(made.trainee))


def test_looks_see_the_averaged_weights(build: Build, weights: Weights) -> None:
    made = build(steps=10, ema=0.9, check=1.0)
    seen: list[dict[str, torch.Tensor]] = []

    def look() -> Look:
        seen.append(weights(made.trainee))
        return Look(1.0, {})

    complete(made, look=look)
    assert equal(seen[0], weights(made.trainee))


def test_history_is_short_whatever_the_number_of_steps(build: Build, tmp_path: Path) -> None:
    made = build(steps=1000, batch=2)
    outcome = complete(made, folder=tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert rows == outcome.history
    assert 190 <= len(rows) <= 202
    assert rows[-1]["step"] == 1000
    assert {"step", "rows", "seconds", "rate", "loss", "accuracy"} <= set(rows[0])


def test_the_watcher_hears_of_every_step(build: Build) -> None:
    made = build(steps=7)
    heard: list[int] = []
    complete(made, watch=lambda progress, logs: heard.append(progress.step))
    assert heard == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_a_signal_saves_at_the_next_step_and_the_same_call_goes_on(
    build: Build, weights: Weights, tmp_path: Path, number: signal.Signals, code: int, ema: float
) -> None:
    def look() -> Look:
        return Look(None, {"x": 1.0})

    whole = build(steps=12, ema=ema)
    expected = complete(whole, look=look)
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]

    def kick(progress: Progress, logs: Mapping[str, float]) -> None:
        if progress.step in (4, 9):
            os.kill(os.getpid(), number)

    for step in (4, 9):
        made = build(steps=12, ema=ema)
        with pytest.raises(Interrupted, match="state saved") as caught:
            complete(made, folder=tmp_path, look=look, watch=kick)
        assert caught.value.exit_code == code
        found, _ = checkpoint.load(tmp_path / "last", build(steps=12, ema=ema).trainee)
        assert found is not None
        assert found.state.step == step
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == handlers
    made = build(steps=12, ema=ema)
    outcome = complete(made, folder=tmp_path, look=look)
    assert equal(weights(whole.trainee), weights(made.trainee))
    without = [{k: v for k, v in row.items() if k != "seconds"} for row in outcome.history]
    assert without == [{k: v for k, v in row.items() if k != "seconds"} for row in expected.history]


def test_a_second_interrupt_ends_at_once_with_a_sound_checkpoint(build: Build, tmp_path: Path) -> None:
    def kick(progress: Progress, logs: Mapping[str, float]) -> None:
        if progress.step == 4:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    made = build(steps=12, save=1)
    with pytest.raises(KeyboardInterrupt):
        complete(made, folder=tmp_path, watch=kick)
    found, warnings = checkpoint.load(tmp_path / "last", made.trainee)
    assert found is not None
    assert (found.state.step, warnings) == (3, [])


@pytest.mark.parametrize("case", ["averages", "best"])
def test_a_run_cut_off_after_its_last_step_still_ends_with_the_right_weights(
    build: Build, weights: Weights, tmp_path: Path, case: str
) -> None:
    settings = {"steps": 8, "save": 4, "ema": 0.9 if case == "averages" else 0.0, "check": 0.25}
    scores = [0.1, 0.9, 0.3, 0.2]

    def go(folder: Path) -> dict[str, torch.Tensor]:
        told = iter(scores)
        made = build(**settings)
        look = (lambda: Look(next(told), {})) if case == "best" else None
        complete(made, folder=folder, look=look)
        return weights(made.trainee)

    whole = go(tmp_path)
    assert (tmp_path / "last" / "000000008.json").exists()
    assert equal(whole, go(tmp_path))  # nothing left to do but to wear the weights


def test_a_run_that_goes_back_a_checkpoint_says_so_and_ends_equal(
    build: Build, weights: Weights, tmp_path: Path
) -> None:
    whole = build(steps=12, save=2)
    complete(whole, folder=tmp_path)
    newest = tmp_path / "last" / "000000012.safetensors"
    newest.write_bytes(newest.read_bytes()[:-1])
    made = build(steps=12, save=2)
    outcome = complete(made, folder=tmp_path)
    assert equal(weights(whole.trainee), weights(made.trainee))
    assert any("damaged" in line for line in outcome.warnings)


def test_saving_is_due_every_so_many_steps_or_as_its_cost_allows(build: Build) -> None:
    every = build(save=5).plan
    assert [step for step in range(1, 16) if checkpoint.due(every, step, 0.0, 0.0)] == [5, 10, 15]
    free = build().plan
    assert not checkpoint.due(free, 5, 9.0, 0.0)
    assert checkpoint.due(free, 5, 10.0, 0.1)
    assert not checkpoint.due(free, 5, 10.0, 1.0)  # saving cost a second: at most every 20
    assert checkpoint.due(free, 5, 20.0, 1.0)
