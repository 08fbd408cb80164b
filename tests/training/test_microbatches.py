"""When memory runs out, a batch is learned in pieces: the same loss, the same weights, and a word about it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from headstart.core.contracts import Backbone, Batch, Step
from headstart.core.errors import StorageError
from headstart.training.loop import train
from tests.helpers.runs import complete

Build = Callable[..., Any]
Weights = Callable[..., dict[str, torch.Tensor]]

ERRORS = {
    "cuda": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    "cpu": RuntimeError(
        "[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried ..."
    ),
    "numpy": MemoryError(),
    "metal": RuntimeError("MPS backend out of memory (MPS allocated: 18.02 GB)"),
}


def hold(trainee: Any, monkeypatch: pytest.MonkeyPatch, rows: int, error: Exception, since: int = 0) -> list[int]:
    """Memory that holds so many rows, from call `since` on; returns the rows of each call."""
    sound, calls = trainee.objective.forward, list[int]()

    def forward(backbone: Backbone, batch: Batch) -> Step:
        calls.append(len(batch["key"]))
        if len(calls) > since and calls[-1] > rows:
            raise error
        return sound(backbone, batch)

    monkeypatch.setattr(trainee.objective, "forward", forward)
    return calls


@pytest.mark.parametrize(
    ("error", "batch", "rows", "piece"),
    [*[(error, 96, *fits) for error in ERRORS for fits in ((50, 48), (24, 24), (10, 6), (1, 1))],
     ("numpy", 35, 10, 9)],
)  # fmt: skip
def test_pieces_have_the_loss_and_the_weights_of_the_whole(
    build: Build, weights: Weights, monkeypatch: pytest.MonkeyPatch, error: str, batch: int, rows: int, piece: int
) -> None:
    settings = {"rows": batch, "batch": batch, "steps": 3, "optimizer": "sgd", "momentum": 0.0, "lr": 0.5}
    whole, cut = build(**settings), build(**settings)
    losses = [float(p.loss) for p in train(whole.trainee, whole.batches, whole.plan)]
    calls = hold(cut.trainee, monkeypatch, rows, ERRORS[error])
    assert [float(p.loss) for p in train(cut.trainee, cut.batches, cut.plan)] == pytest.approx(losses, abs=1e-5)
    for name, tensor in weights(whole.trainee).items():
        torch.testing.assert_close(tensor, weights(cut.trainee)[name], atol=1e-5, rtol=1e-5)
    assert calls[-1] <= piece
    assert len([c for c in calls if c > rows]) <= 8  # what did not fit once is not tried again at every step


def test_gradients_of_the_pieces_before_memory_ran_out_are_forgotten(
    build: Build, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"rows": 32, "batch": 32, "steps": 3, "optimizer": "sgd", "momentum": 0.0, "lr": 0.5}
    whole, cut = build(**settings), build(**settings, accumulate=2)
    sound, calls = cut.trainee.objective.forward, list[int]()

    def forward(backbone: Backbone, batch: Batch) -> Step:
        calls.append(len(batch["key"]))
        if len(calls) == 4:  # the second piece of the second step; the rate of the first is 0
            raise MemoryError
        return sound(backbone, batch)

    monkeypatch.setattr(cut.trainee.objective, "forward", forward)
    for made in (whole, cut):
        assert len(list(train(made.trainee, made.batches, made.plan))) == 3
    assert calls[:8] == [16, 16, 16, 16, 8, 8, 8, 8]
    for name, tensor in weights(whole.trainee).items():
        torch.testing.assert_close(tensor, weights(cut.trainee)[name], atol=1e-5, rtol=1e-5)


def test_negative_control_unweighted_pieces_have_another_loss(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    from headstart.training import microbatches

    def first_half(learner: microbatches.Learner, batch: Batch, count: int) -> Step:
        step = learner({name: t.tensor_split(2)[0] for name, t in batch.items()})
        step.loss.backward()
        return Step(step.loss.detach(), step.logs)

    whole, cut = build(rows=96, batch=96, steps=3), build(rows=96, batch=96, steps=3)
    losses = [float(p.loss) for p in train(whole.trainee, whole.batches, whole.plan)]
    monkeypatch.setattr(microbatches, "_in_pieces", first_half)
    assert [float(p.loss) for p in train(cut.trainee, cut.batches, cut.plan)] != pytest.approx(losses, abs=1e-5)


def test_a_run_says_the_micro_batch_it_found_and_resumes_with_it(
    build: Build, weights: Weights, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = {"rows": 96, "batch": 96, "steps": 6, "save": 1}
    whole = build(**settings)
    hold(whole.trainee, monkeypatch, 30, ERRORS["cuda"], since=2)
    outcome = complete(whole)
    assert any("memory ran out at 96 rows at once" in line and "pieces of 24" in line for line in outcome.warnings)

    class CutError(Exception):
        pass

    def cut(progress: Any, logs: Any) -> None:
        if progress.step == 5:  # after memory ran out in the third step: a checkpoint of step 4 says so
            raise CutError

    first = build(**settings)
    hold(first.trainee, monkeypatch, 30, ERRORS["cuda"], since=2)
    with pytest.raises(CutError):
        complete(first, folder=tmp_path, watch=cut)
    second = build(**settings)
    calls = hold(second.trainee, monkeypatch, 30, ERRORS["cuda"])
    outcome = complete(second, folder=tmp_path)
    assert set(calls) == {24}
    assert any("pieces of 24" in line for line in outcome.warnings)
    assert all(torch.equal(t, weights(second.trainee)[name]) for name, t in weights(whole.trainee).items())


@pytest.mark.parametrize(
    ("backbone", "objective", "rows", "why"),
    [("mlp", "contrastive", 10, "compares the rows"), ("cnn", "classify", 10, "batch norm"),
     ("mlp", "classify", 0, "not even one row")],
)  # fmt: skip
def test_what_cannot_be_cut_is_one_line_with_a_way_out(
    build: Build, monkeypatch: pytest.MonkeyPatch, backbone: str, objective: str, rows: int, why: str
) -> None:
    made = build(backbone, objective)
    hold(made.trainee, monkeypatch, rows, ERRORS["cpu"])
    with pytest.raises(StorageError, match=why) as caught:
        next(train(made.trainee, made.batches, made.plan))
    assert caught.value.fix


def test_another_runtime_error_is_not_taken_for_it(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    made = build()
    hold(made.trainee, monkeypatch, 0, RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="mat1"):
        next(train(made.trainee, made.batches, made.plan))


REAL = """
import resource, sys
from headstart.cli import run
limit = int(sys.argv[1])
import headstart.assemble, headstart.evaluation.validation, headstart.commands.common.save_run, sklearn.datasets
with open("/proc/self/statm") as file:
    now = int(file.read().split()[0]) * resource.getpagesize()
if limit:
    resource.setrlimit(resource.RLIMIT_AS, (now + limit, now + limit))
sys.exit(run(sys.argv[2:]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits address space")
def test_real_memory_that_is_too_small_gives_the_loss_of_enough(tmp_path: Path) -> None:
    words = ["pretrain", "digits", "--backbone", "mlp", "--objective", "autoencoder", "--quiet", "--steps", "2",
             "backbone.widths=[60000, 8]", "plan.batch=1024", "plan.optimizer=\"sgd\"", "plan.momentum=0.0",
             "augment.shift=0"]  # fmt: skip
    losses = []
    for limit in (0, 900 << 20):
        out = tmp_path / str(limit)
        done = subprocess.run(
            [sys.executable, "-c", REAL, str(limit), *words, "--out", str(out)], capture_output=True, text=True,
            check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        if limit:
            assert "memory ran out at 1024 rows at once" in done.stdout
        losses.append([json.loads(line)["loss"] for line in (out / "history.jsonl").read_text().splitlines()])
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
