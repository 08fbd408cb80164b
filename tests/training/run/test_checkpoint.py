"""Exact resume: what is loaded goes on bit for bit, and damage is always noticed."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from headstart.core import catalog
from headstart.core.errors import RecipeError
from headstart.training.loop import train
from headstart.training.microbatches import Trainee
from headstart.training.optimizer import State
from headstart.training.run import checkpoint

Build = Callable[..., Any]
Weights = Callable[..., dict[str, torch.Tensor]]

CASES: dict[str, dict[str, Any]] = {
    "adamw with dropout": {"settings": {"dropout": 0.3}},
    "sgd with averages": {"optimizer": "sgd", "ema": 0.9},
    "adam, accumulated": {"optimizer": "adam", "accumulate": 2},
    "augmented": {"augment": {"shift": 1, "flip": True, "crop": 0.6, "rotate": 10.0, "blur": 0.5, "erase": 0.5}},
    "mixed": {"augment": {"shift": 1, "mixup": 0.4, "cutmix": 1.0}},
    "batch norm": {"backbone": "cnn"},
    "masked": {"backbone": "vit", "objective": "masked", "settings": {"width": 24, "depth": 1, "dropout": 0.1}},
    "contrastive": {"backbone": "cnn", "objective": "contrastive", "augment": {"flip": True}},
    "gradual": {"tuning": "gradual"},
    "bfloat16": {"precision": "bfloat16"},
}


def setup(build: Build, case: str, **plan: Any) -> Any:
    given = {**CASES[case], "steps": 12, **plan}
    if "tuning" in given:
        given["tuning"] = catalog.load("tunings", given["tuning"])()
    return build(**given)


@pytest.mark.parametrize("case", CASES)
def test_a_run_cut_anywhere_and_resumed_equals_the_whole_run(
    build: Build, weights: Weights, tmp_path: Path, case: str
) -> None:
    whole = setup(build, case)
    for _ in train(whole.trainee, whole.batches, whole.plan, whole.tuning):
        pass
    for cut in (1, 5, 11):
        folder = tmp_path / str(cut)
        first = setup(build, case)
        for done in train(first.trainee, first.batches, first.plan, first.tuning):
            if done.step == cut:
                checkpoint.save(folder, first.trainee, done.state, {"x": 1.5})
                break
        second = setup(build, case, seed=0)
        found, warnings = checkpoint.load(folder, second.trainee)
        assert found is not None
        assert (found.state.step, found.notes, warnings) == (cut, {"x": 1.5}, [])
        for _ in train(second.trainee, second.batches, second.plan, second.tuning, found.state):
            pass
        expected = weights(whole.trainee)
        assert all(torch.equal(tensor, expected[name]) for name, tensor in weights(second.trainee).items())


@pytest.mark.parametrize("lost", ["optimizer", "step"])
def test_negative_control_a_resume_that_forgets_does_not_equal_the_whole_run(
    build: Build, weights: Weights, tmp_path: Path, lost: str
) -> None:
    whole = build(steps=12)
    for done in train(whole.trainee, whole.batches, whole.plan):
        if done.step == 5:
            checkpoint.save(tmp_path, whole.trainee, done.state, {})
    second = build(steps=12)
    found, _ = checkpoint.load(tmp_path, second.trainee)
    assert found is not None
    state = State(step=5) if lost == "optimizer" else State(step=4, saved=found.state.saved)
    for _ in train(second.trainee, second.batches, second.plan, None, state):
        pass
    expected = weights(whole.trainee)
    assert not all(torch.equal(tensor, expected[name]) for name, tensor in weights(second.trainee).items())


@pytest.fixture
def saved(build: Build, tmp_path: Path) -> tuple[Any, Path]:
    """Checkpoints of every step of six, of which two are kept."""
    made = build(steps=6, ema=0.9)
    for done in train(made.trainee, made.batches, made.plan):
        checkpoint.save(tmp_path, made.trainee, done.state, {"step": done.step}, {"best": torch.ones(3)})
    return made, tmp_path


def test_two_generations_are_kept_and_nothing_else(saved: tuple[Any, Path]) -> None:
    names = sorted(path.name for path in saved[1].iterdir())
    assert names == ["000000005.json", "000000005.safetensors", "000000006.json", "000000006.safetensors"]


def test_notes_and_own_tensors_come_back(saved: tuple[Any, Path]) -> None:
    found, _ = checkpoint.load(saved[1], saved[0].trainee)
    assert found is not None
    assert found.notes == {"step": 6}
    assert torch.equal(found.extra["best"], torch.ones(3))


@pytest.mark.parametrize("suffix", ["json", "safetensors"])
def test_every_flipped_bit_and_truncation_falls_back_and_says_so(saved: tuple[Any, Path], suffix: str) -> None:
    made, folder = saved
    path = folder / f"000000006.{suffix}"
    whole = path.read_bytes()
    generator = random.Random(0)
    damaged = []
    for _ in range(60):
        place = generator.randrange(len(whole))
        damaged.append(whole[:place] + bytes([whole[place] ^ 1 << generator.randrange(8)]) + whole[place + 1 :])
    damaged += [whole[: generator.randrange(len(whole))] for _ in range(15)] + [b"", whole + b"\0"]
    for content in damaged:
        path.write_bytes(content)
        found, warnings = checkpoint.load(folder, made.trainee)
        assert found is not None
        assert found.state.step == 5
        assert warnings == ["checkpoint 000000006 is damaged; went back to the one of step 5"]


def test_a_missing_half_falls_back_too(saved: tuple[Any, Path]) -> None:
    made, folder = saved
    (folder / "000000006.safetensors").unlink()
    found, _ = checkpoint.load(folder, made.trainee)
    assert found is not None
    assert found.state.step == 5


def test_when_all_are_damaged_there_is_none_and_a_line_for_each(saved: tuple[Any, Path]) -> None:
    made, folder = saved
    for path in folder.glob("*.json"):
        path.write_text("{}")
    found, warnings = checkpoint.load(folder, made.trainee)
    assert found is None
    assert len(warnings) == 2


def test_a_damaged_newer_checkpoint_never_pushes_out_a_sound_one(saved: tuple[Any, Path]) -> None:
    made, folder = saved
    (folder / "000000006.json").write_text("damaged")
    state = State(step=3)
    checkpoint.save(folder, made.trainee, state, {})
    checkpoint.save(folder, made.trainee, State(step=4), {})
    assert sorted(p.stem for p in folder.glob("*.json")) == ["000000003", "000000004"]
    assert sorted(p.stem for p in folder.glob("*.safetensors")) == ["000000003", "000000004"]


def test_no_folder_is_no_checkpoint(build: Build, tmp_path: Path) -> None:
    assert checkpoint.load(tmp_path / "none", build().trainee) == (None, [])


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    small, large = (Trainee(nn.Linear(2, width), nn.Linear(2, 2)) for width in (2, 3))  # type: ignore[arg-type]
    checkpoint.save(tmp_path, small, State(), {})
    assert checkpoint.load(tmp_path, small)[0] is not None
    with pytest.raises(RecipeError, match="belongs to another network"):
        checkpoint.load(tmp_path, large)
