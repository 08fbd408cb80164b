"""`headstart verify --resume`: the proof of exact resume in a user's own hands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from headstart.cli import run
from headstart.commands.common import resume_check
from headstart.core.recipe import Recipe, override, write
from tests.helpers.faults.cases import CASES
from tests.helpers.programs import environment, program


def recipe(folder: Path, **more: object) -> Path:
    """A small autoencoder with dropout on digits."""
    asked = CASES["autoencoder-mlp"].asked(steps=900) | {"verb": "pretrain", "data.source": ["digits"]}
    asked |= {name.replace("__", "."): value for name, value in more.items()}
    path = folder / "asked.toml"
    write(override(Recipe(), {name: value for name, value in asked.items() if value is not None}), path)
    return path


def verified(capsys: pytest.CaptureFixture[str], *words: str | Path | int) -> tuple[int, dict[str, object], str]:
    capsys.readouterr()
    code = run(["verify", *[str(word) for word in words], "--json", "--quiet"])
    said = capsys.readouterr()
    return code, json.loads(said.out.splitlines()[-1]) if said.out else {}, said.err


@pytest.mark.slow
@pytest.mark.parametrize("kills", [1, 5])
def test_a_recipe_that_survives_is_called_equal(kills: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--resume", recipe(tmp_path), "--kills", kills, "--out", tmp_path / "runs"]
    code, found, err = verified(capsys, *words)
    assert (code, found["equal"], err) == (0, True, "")
    assert found["kills"] == len(found["steps"]) == kills  # pyright: ignore[reportArgumentType]
    assert max(found["steps"]) > 0  # pyright: ignore[reportArgumentType, reportCallIssue]
    assert found["digest"] == resume_check.sha256(tmp_path / "runs" / "killed" / "model.safetensors")


@pytest.mark.slow
def test_negative_control_a_resume_that_forgets_the_optimizer_is_called_unequal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resume_check, "PROGRAM", (*program("faults.spoilt_program"), "optimizer"))
    monkeypatch.setenv("PYTHONPATH", environment()["PYTHONPATH"])
    code, found, _ = verified(capsys, "--resume", recipe(tmp_path), "--kills", "2")
    assert (code, found["equal"]) == (70, False)


@pytest.mark.parametrize(
    ("settings", "code", "told"),
    [({"plan__steps": None, "plan__minutes": 1.0}, 78, "a budget in minutes"),
     ({"verb": "gain"}, 2, "only training runs can be resumed"),
     ({"backbone__kind": "bag"}, 78, "reads token ids")],
)  # fmt: skip
def test_a_recipe_that_cannot_be_judged_is_refused_in_one_line(
    settings: dict[str, object], code: int, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("backbone.widths", "backbone.dropout") if "backbone__kind" in settings else ():
        settings[name] = None
    found, _, err = verified(capsys, "--resume", recipe(tmp_path, **settings))
    assert found == code, err
    assert told in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "words", [[], ["PATH", "--resume", "PATH"], ["--resume", "nowhere.toml"], ["--resume", "PATH", "--kills", "0"]]
)
def test_a_command_that_makes_no_sense_is_refused(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(recipe(tmp_path)) if word == "PATH" else word for word in words]
    code, _, err = verified(capsys, *given)
    assert code in (2, 78)
    assert err.count("\n") == 1


@pytest.mark.slow
def test_interrupting_it_ends_the_run_that_it_started(tmp_path: Path) -> None:
    words = ["verify", "--resume", str(recipe(tmp_path, plan__steps=10**7)), "--out", str(tmp_path / "runs"), "--quiet"]
    process = subprocess.Popen([sys.executable, "-m", "headstart.cli", *words], stderr=subprocess.PIPE)
    lock = tmp_path / "runs" / "whole" / ".lock"
    while not (lock.exists() and lock.read_text()) and process.poll() is None:
        time.sleep(0.02)
    child = int(lock.read_text().split()[1])
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=20)[1].decode().count("\n") == 1
    assert process.returncode == 143
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
