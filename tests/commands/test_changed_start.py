"""A start that was made anew is another start: nothing that was learned from the old one passes for new."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Headstart = Callable[..., Any]
REMAKE = ["pretrain", "digits", "--backbone", "mlp", "--objective", "autoencoder", "--quiet", "--overwrite",
          "backbone.widths=[32, 16]"]  # fmt: skip


@pytest.fixture
def start(model: Path, tmp_path: Path) -> Path:
    """A copy of the pretrained model that a test may make anew."""
    shutil.copytree(model, tmp_path / "start")
    return tmp_path / "start"


@pytest.mark.parametrize(
    "words", [["finetune", "digits", "--labels", "30"], ["gain", "digits", "--labels", "20", "--seeds", "1"]]
)
def test_a_finished_run_from_a_start_that_was_made_anew_is_refused(
    headstart: Headstart, start: Path, tmp_path: Path, words: list[str]
) -> None:
    command = [*words, "--from", start, "--out", tmp_path / "run", "--quiet", "plan.steps=3"]
    assert headstart(*command).code == 0
    assert headstart(*command).code == 0
    assert headstart(*REMAKE, "--steps", "7", "--out", start).code == 0
    refused = headstart(*command)
    assert refused.code == 78
    assert "start_weights" in refused.err
    assert headstart("rerun", tmp_path / "run", "--out", tmp_path / "again", "--quiet").code == 78
    assert headstart(*command, "--overwrite").code == 0


def test_the_same_weights_made_again_are_the_same_start(headstart: Headstart, start: Path, tmp_path: Path) -> None:
    command = ["finetune", "digits", "--labels", "30", "--from", start, "--out", tmp_path / "run", "--quiet"]
    assert headstart(*command).code == 0
    assert headstart(*REMAKE, "--steps", "20", "plan.batch=64", "--out", start).code == 0
    assert headstart(*command).code == 0


def test_a_recipe_takes_another_start_when_one_is_named(headstart: Headstart, model: Path, tmp_path: Path) -> None:
    first, other = tmp_path / "first", tmp_path / "other"
    assert headstart("finetune", "digits", "--labels", "30", "--from", model, "--out", first, "--quiet").code == 0
    assert headstart(*REMAKE, "--steps", "7", "--out", other).code == 0
    words = ["finetune", "--recipe", first / "recipe.toml", "--from", other, "--out", tmp_path / "t", "--quiet"]
    assert headstart(*words).code == 0
    assert json.loads((tmp_path / "t" / "headstart.json").read_text())["lineage"][0]["name"] == "other"


def test_a_model_that_is_not_finished_is_no_start(headstart: Headstart, start: Path, tmp_path: Path) -> None:
    (start / "manifest.json").unlink()
    told = headstart("finetune", "digits", "--from", start, "--out", tmp_path / "run", "--quiet")
    assert told.code == 2
    assert "not finished" in told.err
