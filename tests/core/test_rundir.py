"""Who may write into a directory: nobody over foreign files, one at a time, and only to go on with the same run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from headstart.core.errors import BusyError, RecipeError, StorageError, UsageError
from headstart.core.recipe import Recipe
from headstart.core.rundir import claim, read_facts

RECIPE = Recipe(verb="pretrain", plan={"steps": 3})

HOLDER = """
import sys, time
from pathlib import Path
from headstart.core.recipe import Recipe
from headstart.core.rundir import claim
with claim(Path(sys.argv[1]), Recipe(verb="pretrain", plan={"steps": 3})):
    print("mine", flush=True)
    time.sleep(60)
"""


def hold(path: Path) -> subprocess.Popen[str]:
    """Another process that has claimed the directory."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "mine"
    return process


def test_a_new_directory_starts_and_then_resumes_and_then_is_done(tmp_path: Path) -> None:
    path = tmp_path / "a b" / "run"
    with claim(path, RECIPE) as place:
        assert (place.done, place.resuming) == (False, False)
    with claim(path, RECIPE) as place:
        assert (place.done, place.resuming) == (False, True)
    (path / "manifest.json").write_text("{}")
    with claim(path, RECIPE) as place:
        assert (place.done, place.resuming) == (True, True)


def test_an_empty_directory_is_as_good_as_a_new_one(tmp_path: Path) -> None:
    with claim(tmp_path, RECIPE) as place:
        assert not place.resuming


@pytest.mark.parametrize("overwrite", [False, True])
def test_foreign_files_are_refused_and_not_even_a_lock_is_left(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"x")
    with pytest.raises(UsageError, match=r"photo\.jpg"), claim(tmp_path, RECIPE, overwrite=overwrite):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["photo.jpg"]


@pytest.mark.parametrize("name", ["manifest.json", ".git"])
def test_prepared_data_and_hidden_folders_are_foreign_too(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    with pytest.raises(UsageError), claim(tmp_path, RECIPE, overwrite=True):
        pass
    assert (tmp_path / name).exists()


def test_what_a_kill_before_the_recipe_left_is_not_foreign(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text("pid 1")
    (tmp_path / ".recipe.toml.123").write_text("verb = ")
    with claim(tmp_path, RECIPE) as place:
        assert not place.resuming


def test_another_recipe_is_refused_with_what_differs_and_both_ways_out(tmp_path: Path) -> None:
    with claim(tmp_path, RECIPE):
        pass
    other = Recipe(verb="pretrain", seed=1, plan={"steps": 4})
    with pytest.raises(RecipeError) as caught, claim(tmp_path, other):
        pass
    for words in ("plan.steps: 3 -> 4", "seed: 0 -> 1", "--out", "--overwrite"):
        assert words in caught.value.line()


def test_overwrite_removes_the_earlier_run_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "run"
    with claim(path, RECIPE):
        (path / "last").mkdir()
        (path / "last" / "000000001.json").write_text("{}")
        (tmp_path / "outside.txt").write_text("mine")
        (path / "link").symlink_to(tmp_path)
    with claim(path, Recipe(verb="finetune"), overwrite=True) as place:
        assert not place.resuming
        assert sorted(p.name for p in path.iterdir()) == [".lock", "recipe.toml"]
    assert (tmp_path / "outside.txt").exists()


@pytest.mark.parametrize("field", ["start", "source"])
def test_overwriting_what_the_run_starts_from_is_refused(tmp_path: Path, field: str) -> None:
    path = tmp_path / "run"
    with claim(path, RECIPE):
        pass
    own = Recipe(start=str(path)) if field == "start" else Recipe(data={"source": [str(path)]})
    with pytest.raises(UsageError, match="starts from"), claim(path, own, overwrite=True):
        pass
    assert (path / "recipe.toml").exists()


def test_a_living_owner_is_named_and_a_dead_one_is_taken_over(tmp_path: Path) -> None:
    owner = hold(tmp_path)
    try:
        began = time.monotonic()
        with pytest.raises(BusyError) as caught, claim(tmp_path, RECIPE):
            pass
        assert time.monotonic() - began < 1
        assert f"pid {owner.pid} on " in caught.value.line()
        assert caught.value.exit_code == 75
        with pytest.raises(BusyError), claim(tmp_path, RECIPE, overwrite=True):
            pass
    finally:
        owner.send_signal(signal.SIGKILL)
        owner.communicate()
    with claim(tmp_path, RECIPE) as place:
        assert place.resuming
        assert f"pid {os.getpid()}" in (tmp_path / ".lock").read_text()


def test_a_place_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(StorageError), claim(path, RECIPE):
            pass


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[1]", b""])
def test_damaged_facts_are_a_storage_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "headstart.json").write_bytes(content)
    with pytest.raises(StorageError, match="damaged"):
        read_facts(tmp_path / "headstart.json")


def test_facts_that_are_not_there_are_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a headstart directory"):
        read_facts(tmp_path / "headstart.json")
