"""Everything a user can mistype: one line with its exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Headstart = Callable[..., Any]


PRETRAIN = ["pretrain", "digits", "--out", "OUT"]


MISTAKES: list[tuple[list[str], int, str]] = [
    (["pretrian"], 2, "No such command"),
    (["pretrain", "digits"], 2, "--out"),
    (["pretrain", "--out", "OUT"], 2, "no data"),
    ([*PRETRAIN, "extra"], 2, "extra"),
    ([*PRETRAIN, "--steps", "many"], 2, "--steps"),
    ([*PRETRAIN, "--bakbone", "mlp"], 2, "--bakbone"),
    ([*PRETRAIN, "--device", "gpu"], 2, "gpu"),
    ([*PRETRAIN, "--device", "cpu:x"], 2, "cpu:x"),
    ([*PRETRAIN, "--device", "cuda:99"], 2, "cuda:99"),
    ([*PRETRAIN, "--seed", "-1"], 78, "-1"),
    ([*PRETRAIN, "--seed", "99999999999999999999"], 78, "99999999999999999999"),
    ([*PRETRAIN, "--backbone", "mpl"], 78, "did you mean 'mlp'?"),
    ([*PRETRAIN, "--objective", "maskd"], 78, "did you mean 'masked'?"),
    ([*PRETRAIN, "plan.stpes=3"], 78, "did you mean 'steps'?"),
    ([*PRETRAIN, "plan.lr=fast"], 78, "plan.lr"),
    ([*PRETRAIN, "plan.lr=-1"], 78, "plan.lr"),
    ([*PRETRAIN, "plann.lr=1"], 78, "did you mean 'plan'?"),
    ([*PRETRAIN, "--backbone", "mlp", "--objective", "masked"], 78, "vit"),
    ([*PRETRAIN, "--steps", "0"], 78, "plan.steps"),
    ([*PRETRAIN, "--recipe", "absent.toml"], 78, "absent.toml"),
    ([*PRETRAIN, "--track", "tensorbord"], 78, "did you mean 'tensorboard'?"),
    (["pretrain", "no/such/data", "--out", "OUT"], 2, "no/such/data"),
    (["finetune", "digits", "--from", "no/such/model", "--out", "OUT"], 2, "no/such/model"),
    (["finetune", "digits", "--from", "hf:org/name", "--out", "OUT"], 2, "hf:org/name"),
    (["finetune", "digits", "--from", "scratch", "--tuning", "ful", "--out", "OUT"], 78, "did you mean 'full'?"),
    (["finetune", "digits", "--from", "scratch", "--task", "clasify", "--out", "OUT"], 78, "did you mean 'classify'?"),
    (["evaluate", "no/such/model", "digits"], 2, "no/such/model"),
    (["predict", "no/such/model", "digits", "--out", "x.csv"], 2, "no/such/model"),
    (["show", "nothing"], 2, "nothing"),
    (["show", "objektive", "masked"], 2, "did you mean 'objective'?"),
    (["show", "objective", "maskd"], 78, "did you mean 'masked'?"),
    (["list", "backbnes"], 2, "did you mean 'backbones'?"),
    (["verify", "nothing"], 2, "manifest.json"),
    (["rerun", "nothing"], 78, "recipe.toml"),
    (["prepare", "--out", "OUT"], 2, "SOURCE"),
    (["prepare", "no/such/file.csv", "--out", "OUT"], 2, "file.csv"),
]


@pytest.mark.parametrize(("words", "code", "said"), MISTAKES, ids=lambda value: str(value)[:60])
def test_a_mistake_is_one_line_with_its_exit_code(
    headstart: Headstart, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    told = headstart(*(str(tmp_path / "out") if word == "OUT" else word for word in words), "--quiet")
    assert (told.code, said in told.err) == (code, True), told.err
    assert told.err.startswith("error[HS-")
    assert len(told.err.strip().splitlines()) == 1
    assert told.out == ""


def test_debug_shows_where_and_keeps_the_exit_code(headstart: Headstart) -> None:
    told = headstart("verify", "nothing", "--debug")
    assert told.code == 2
    assert "Traceback" in told.err


def test_our_own_mistakes_are_one_line_with_code_70(headstart: Headstart, monkeypatch: pytest.MonkeyPatch) -> None:
    from headstart.core import files

    monkeypatch.setattr(files, "changed_files", lambda path: 1 / 0)
    monkeypatch.setattr(Path, "is_file", lambda self: True)
    told = headstart("verify", "nothing")
    assert told.code == 70
    assert told.err.startswith("error[HS-X1]")
    assert "--debug" in told.err
