"""What is said before a run, what a run is called that did not come to its end, and what to type next."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headstart.training.run.run import Run
from tests.commands.conftest import TINY

Headstart = Callable[..., Any]
PRETRAIN = ["pretrain", "digits", "--backbone", "mlp", "--objective", "autoencoder", *TINY]
SOLVED = ["pretrain", "digits", "--backbone", "linear", "--objective", "pca"]


def test_reasons_rows_and_budget_come_before_training(headstart: Headstart, tmp_path: Path) -> None:
    told = headstart("finetune", "digits", "--from", "scratch", "--backbone", "mlp", "--out", tmp_path / "t", *TINY)
    lines = told.err.splitlines()
    assert lines[0].startswith("took ")
    assert lines[1] == "classify: the labels are 10 names"
    assert lines[3] == "finetune classify full: 1,445 rows, 20 steps of 64 rows"


@pytest.mark.parametrize("words", [["--steps", "5"], ["--minutes", "1"]])
def test_a_budget_that_changes_nothing_is_said_first_and_kept(
    headstart: Headstart, tmp_path: Path, words: list[str]
) -> None:
    told = headstart(*SOLVED, *words, "--out", tmp_path / "run", "--json")
    warning = f"pca is solved in one pass: {words[0]} changes nothing"
    assert f"warning: {warning}" in told.err
    assert told.json["warnings"] == [warning]


def test_a_plan_says_its_answer_first_and_the_recipe_with_debug_only(headstart: Headstart, tmp_path: Path) -> None:
    told = headstart(*PRETRAIN, "--out", tmp_path / "run", "--plan")
    first, second, *rest = told.out.splitlines()
    assert first.startswith("about ")
    assert "20 steps" in first
    assert "scoring" in first
    assert "GB of memory" in second
    assert rest == []
    assert "[backbone]" in headstart(*PRETRAIN, "--out", tmp_path / "run", "--plan", "--debug").out
    planned = headstart(*PRETRAIN, "--out", tmp_path / "run", "--plan", "--json").json
    assert planned["scoring_seconds"] > 0
    assert planned["recipe"]["backbone"]["kind"] == "mlp"
    assert not (tmp_path / "run").exists()


def test_the_next_command_is_valid_and_only_for_people(headstart: Headstart, tmp_path: Path) -> None:
    for words in (PRETRAIN, ["prepare", "digits"]):
        told = headstart(*words, "--out", tmp_path / words[0])
        (following,) = (line for line in told.out.splitlines() if line.startswith("next: headstart "))
        assert str(tmp_path / words[0]) in following
        assert headstart(*shlex.split(following)[2:], "--dry-run").code == 0
        assert "next: " not in headstart(*words, "--out", tmp_path / words[0], "--quiet").out
        assert "next: " not in headstart(*words, "--out", tmp_path / words[0], "--json").out


def numbered(photos: Path, place: Path) -> Path:
    """The same pictures in folders that are called as digits."""
    for number, folder in enumerate(sorted(one for one in photos.iterdir() if one.is_dir())):
        shutil.copytree(folder, place / str(number))
    return place


def test_scores_and_answers_come_into_files_next(
    headstart: Headstart, tuned: Path, photos: Path, tmp_path: Path
) -> None:
    photos = numbered(photos, tmp_path / "numbered")
    for verb in ("evaluate", "predict"):
        told = headstart(verb, tuned, photos)
        (following,) = (line for line in told.out.splitlines() if line.startswith("next: headstart "))
        assert str(tuned) in following
        words = shlex.split(following)[2:-1]
        assert words[-1] == "--out"
        assert headstart(*words, tmp_path / f"{verb}.csv", "--quiet").code == 0
        assert (tmp_path / f"{verb}.csv").exists()
        assert "next: " not in headstart(verb, tuned, photos, "--json").out


def test_a_run_that_goes_on_says_from_which_step(
    headstart: Headstart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [*PRETRAIN, "plan.save=5", "--out", tmp_path / "run"]

    def cut(run: Run) -> None:
        sound(run)
        if run.progress.step == 10:
            raise KeyboardInterrupt

    sound = Run.save
    with monkeypatch.context() as patched:
        patched.setattr(Run, "save", cut)
        assert headstart(*words).code == 130
    for verb in (["show"], ["predict"], ["evaluate"]):
        told = headstart(*verb, tmp_path / "run", *([] if verb == ["show"] else ["digits"]))
        assert told.code == 2
        assert "found an unfinished run of pretrain. fix: run the same pretrain command again" in told.err
    assert "goes on from step 10\n" in headstart(*words).err


def test_the_name_of_a_public_network_alone_is_put_right(headstart: Headstart, tmp_path: Path) -> None:
    pytest.importorskip("timm")
    told = headstart("finetune", "digits", "--from", "resnet18", "--out", tmp_path / "t")
    assert (told.code, "did you mean the public checkpoint timm:resnet18?" in told.err) == (2, True)
    assert "hf:org/name" in headstart("finetune", "digits", "--from", "org/name", "--out", tmp_path / "t").err


def test_evaluate_says_first_how_its_data_are_read(
    headstart: Headstart, tuned: Path, photos: Path, tmp_path: Path
) -> None:
    photos = numbered(photos, tmp_path / "numbered")
    assert headstart("evaluate", tuned, photos).err.startswith("took 12 data files as image")
    assert headstart("evaluate", tuned, photos, "--quiet").err == ""
