"""Single steps that others are built of, at every moment of which the power fails or the process is killed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from headstart.commands.common.write_rows import write_rows
from headstart.core.files import changed_files, seal, write_whole, written_whole
from headstart.core.recipe import Recipe
from headstart.core.rundir import claim
from headstart.evaluation.kept_scores import keep
from headstart.training.microbatches import Trainee
from headstart.training.optimizer import State
from headstart.training.run import checkpoint
from tests.helpers.faults.power import Left, Recording, as_killed, left_after, put, recorded


def states(recording: Recording, first: int = 0, each: int = 8) -> Iterator[Left]:
    """What may be left after each change from the `first` on: of a killed process, and without power."""
    for cut in range(first, len(recording.changes) + 1):
        changes = recording.changes[:cut]
        yield as_killed(recording.root, changes)
        yield from (left_after(recording.root, changes, random.Random(1000 * cut + n)) for n in range(each))


def test_a_file_is_the_old_or_the_new(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.bin", b"old content")
    with recorded(tmp_path) as recording:
        write_whole(tmp_path / "a.bin", b"the new content")
    found = {left.get("a.bin") for left in states(recording)}
    assert found == {b"old content", b"the new content"}


def test_what_is_said_to_be_saved_is_there(tmp_path: Path) -> None:
    trainee = Trainee(nn.Linear(2, 2), nn.Linear(2, 2))  # type: ignore[arg-type]
    with recorded(tmp_path) as recording:
        checkpoint.save(tmp_path / "trained" / "last", trainee, State(), {})
        keep(tmp_path / "run" / "cells" / "one", np.zeros(3), {})
        write_rows([{"a": 1}], tmp_path / "answers" / "rows.jsonl")
    for left in states(recording, len(recording.changes), 40):
        assert left["answers/rows.jsonl"] == b'{"a": 1}\n'
        assert left["run/cells/one.f32"] == bytes(12)
        assert left["run/cells/one.json"]
        assert left["trained/last/000000000.json"]


def test_a_run_that_is_being_cleared_stays_one(tmp_path: Path) -> None:
    path, other = tmp_path / "run", Recipe(verb="finetune")
    with claim(path, Recipe(verb="pretrain")):
        (path / "last").mkdir()
        for name in ("last/1.json", "model.safetensors", "config.json"):
            (path / name).write_text("{}")
    with recorded(tmp_path) as recording, claim(path, other, overwrite=True):
        pass
    for left in states(recording, each=4):
        put(left, tmp_path)
        with claim(path, other, overwrite=True) as place:
            assert not place.done
        assert sorted(one.name for one in path.iterdir()) == [".lock", "circumstances.json", "recipe.toml"]


def test_a_proof_that_grows_is_sealed_or_says_that_it_is_not(tmp_path: Path) -> None:
    path = tmp_path / "proof"
    with claim(path, Recipe(verb="gain", gain={"seeds": 3}), grows="gain"):
        seal(path, {})
    with recorded(tmp_path) as recording, claim(path, Recipe(verb="gain", gain={"seeds": 5}), grows="gain") as place:
        assert not place.done
    sealed = 0
    for left in states(recording, each=40):
        put(left, tmp_path)
        if (path / "manifest.json").exists():
            sealed += 1
            assert changed_files(path)[1] == []
    assert sealed


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(aside: Path) -> None:
        aside.write_text("half")
        aside.with_name(f"{aside.name}.part").write_text("another half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), written_whole(tmp_path / "a.csv") as aside:
        fail(aside)
    assert list(tmp_path.iterdir()) == []
