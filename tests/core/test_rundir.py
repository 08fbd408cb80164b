"""Who may write into a directory: nobody over foreign files, one at a time, and only to go on with the same run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from headstart.core.environment import circumstances
from headstart.core.errors import BusyError, RecipeError, StorageError, UsageError
from headstart.core.files import changed_files, seal
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


def test_a_run_that_was_killed_once_it_was_whole_loses_what_it_would_go_on_from(tmp_path: Path) -> None:
    finished(tmp_path / "run", "whole")
    (tmp_path / "run" / "last").mkdir()
    with claim(tmp_path / "run", RECIPE) as place:
        assert place.done
    assert not (tmp_path / "run" / "last").exists()


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
        assert sorted(p.name for p in path.iterdir()) == [".lock", "circumstances.json", "recipe.toml"]
    assert (tmp_path / "outside.txt").exists()


def finished(path: Path, text: str) -> None:
    with claim(path, RECIPE) as place:
        (place.path / "model").write_text(text)
        seal(place.path, {})


def test_a_finished_run_stays_until_the_one_that_replaces_it_is_whole(tmp_path: Path) -> None:
    path, other = tmp_path / "run", Recipe(verb="finetune")
    finished(path, "old")
    with claim(path, other, overwrite=True) as place:  # which is killed before it is finished
        assert place.path != place.final == path
        assert place.path.name == path.name
        (place.path / "model").write_text("half of the new one")
    assert (path / "model").read_text() == "old"
    assert changed_files(path)[1] == []
    with claim(path, other, overwrite=True) as place:
        assert place.resuming  # the same call goes on
        (place.path / "model").write_text("new")
        seal(place.path, {})
        place.publish()
        assert (path / "model").read_text() == "new"
    assert [one.name for one in tmp_path.iterdir()] == ["run"]
    with claim(path, other) as place:
        assert place.done


def test_what_was_begun_to_replace_a_run_is_dropped_for_another_one(tmp_path: Path) -> None:
    path = tmp_path / "run"
    finished(path, "old")
    with claim(path, Recipe(verb="finetune"), overwrite=True) as place:
        (place.path / "model").write_text("half")
    with claim(path, Recipe(verb="gain"), overwrite=True) as place:
        assert not place.resuming
        assert not (place.path / "model").exists()
    with pytest.raises(RecipeError, match="another run"), claim(path, Recipe(verb="gain")):
        pass


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


HERE = {"threads": 2, "torch": "2.15"}


@pytest.mark.parametrize("accept", [None, False])
def test_code_that_changed_since_the_run_began_is_refused_with_what_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, accept: bool | None
) -> None:
    with claim(tmp_path, RECIPE, machine=HERE, accept_drift=accept):
        pass
    monkeypatch.setattr("headstart.core.environment._code", lambda recipe: "another")
    with (
        pytest.raises(RecipeError, match="the code changed since the run began") as caught,
        claim(tmp_path, RECIPE, machine=HERE, accept_drift=accept),
    ):
        pass
    assert caught.value.exit_code == 78
    assert "-another" in caught.value.found
    assert ("--accept-drift" in caught.value.fix) == (accept is not None)


def test_drift_that_is_accepted_is_recorded_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with claim(tmp_path, RECIPE, machine=HERE):
        pass
    other = Recipe(verb="pretrain", plan={"steps": 4})
    with pytest.raises(RecipeError, match=r"plan\.steps: 3 -> 4"), claim(tmp_path, other, accept_drift=False):
        pass
    monkeypatch.setattr("headstart.core.environment._code", lambda recipe: "another")
    with claim(tmp_path, other, machine=HERE, accept_drift=True) as place:
        assert place.resuming
        assert len(place.warnings) == 2
        assert "another plan.steps: 3 -> 4 (--accept-drift)" in place.warnings[0]
        assert "another code: " in place.warnings[1]
    with claim(tmp_path, other, machine=HERE, accept_drift=False) as again:
        assert again.warnings == place.warnings
    with pytest.raises(RecipeError), claim(tmp_path, RECIPE, machine=HERE, accept_drift=False):
        pass


def test_a_finished_run_is_given_back_whatever_the_code_but_never_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with claim(tmp_path, RECIPE, machine=HERE):
        (tmp_path / "manifest.json").write_text("{}")
    monkeypatch.setattr("headstart.core.environment._code", lambda recipe: "another")
    with claim(tmp_path, RECIPE, machine=HERE, accept_drift=False) as place:
        assert place.done
    other = Recipe(verb="pretrain", plan={"steps": 4})
    with pytest.raises(RecipeError) as caught, claim(tmp_path, other, accept_drift=True):
        pass
    assert "--accept-drift" not in caught.value.fix


@pytest.mark.parametrize(
    ("name", "value"), [("threads", 1), ("torch", "2.16"), ("device", "cuda"), ("python", "3.12"), ("ranks", 2)]
)
def test_another_machine_goes_on_and_is_said_not_to_be_bit_exact(tmp_path: Path, name: str, value: object) -> None:
    with claim(tmp_path, RECIPE, machine=HERE):
        pass
    with claim(tmp_path, RECIPE, machine={**HERE, name: value}) as place:
        assert len(place.warnings) == 1
        assert f"not bit-exact any more, {name}: {HERE.get(name)} -> {value}" in place.warnings[0]
    with claim(tmp_path, RECIPE, machine={**HERE, name: value}) as again:
        assert again.warnings == place.warnings  # said once, remembered


def test_code_is_all_files_of_headstart_and_of_the_classes_from_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outside_part.py").write_text("class Part: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    recipe = Recipe(backbone={"kind": "outside_part:Part"})
    before = circumstances(recipe, {})
    assert before == circumstances(recipe, {})
    assert circumstances(Recipe(), {}) != before
    (tmp_path / "outside_part.py").write_text("class Part: ... # changed\n")
    assert circumstances(recipe, {}) != before


def test_a_forked_child_that_outlives_its_run_does_not_hold_the_lock(tmp_path: Path) -> None:
    script = HOLDER.replace("    print", "    import os\n    if os.fork():\n        time.sleep(60)\n    print")
    owner = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert owner.stdout is not None
    assert owner.stdout.readline().strip() == "mine"
    owner.kill()
    owner.wait()
    try:
        with claim(tmp_path, RECIPE) as place:
            assert place.resuming
    finally:
        os.killpg(owner.pid, signal.SIGKILL)
        owner.stdout.close()


def test_what_killed_runs_were_writing_is_swept_away(tmp_path: Path) -> None:
    with claim(tmp_path, RECIPE):
        (tmp_path / ".model.safetensors.4711").write_bytes(b"half")
        (tmp_path / ".keep").write_text("mine")
    with claim(tmp_path, RECIPE):
        assert sorted(p.name for p in tmp_path.iterdir()) == [".keep", ".lock", "circumstances.json", "recipe.toml"]


def test_a_run_that_may_grow_loses_nothing_when_its_growth_is_refused(tmp_path: Path) -> None:
    recipe = Recipe(verb="gain", gain={"seeds": 3})
    with claim(tmp_path / "run", recipe, grows="gain"):
        pass
    (tmp_path / "run" / "manifest.json").write_text("{}", "utf-8")
    more = Recipe(verb="gain", gain={"seeds": 5})
    began = json.loads((tmp_path / "run" / "circumstances.json").read_text("utf-8"))
    (tmp_path / "run" / "circumstances.json").write_text(json.dumps({**began, "code": "another"}), "utf-8")
    with pytest.raises(RecipeError, match="the code changed"), claim(tmp_path / "run", more, grows="gain"):
        pass
    assert (tmp_path / "run" / "manifest.json").exists()
    with claim(tmp_path / "run", recipe, grows="gain") as place:
        assert place.done


@pytest.mark.parametrize("prefix", ["", "fresh:", "hf:"])
def test_what_a_run_starts_from_is_not_overwritten(tmp_path: Path, prefix: str) -> None:
    with claim(tmp_path / "run", Recipe(verb="pretrain")):
        pass
    recipe = Recipe(verb="finetune", start=f"{prefix}{tmp_path / 'run'}")
    with pytest.raises(UsageError, match="would overwrite"), claim(tmp_path / "run", recipe, overwrite=True):
        pass
