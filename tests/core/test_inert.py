"""Names and labels of strangers are shown by a terminal, not obeyed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart.cli import run
from headstart.core.errors import DataError
from headstart.core.inert import inert

EVIL = "a\x1b[2J\x1b]0;title\x07\x9b1m\u202egpj.exe"


def test_control_letters_become_their_numbers() -> None:
    assert inert("a\tb\nc é 中 \U0001f600") == "a\tb\nc é 中 \U0001f600"
    assert inert("\x1b[31m") == "\\u001b[31m"
    assert json.loads(inert(json.dumps({"name": EVIL}, ensure_ascii=False))) == {"name": EVIL}


def test_errors_are_inert() -> None:
    error = DataError(1, "odd", where=EVIL, found=EVIL, fix=EVIL)
    assert not {"\x1b", "\x9b", "\u202e", "\x07"} & set(error.line() + str(error))


def test_commands_are_inert(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for label in (EVIL, "b"):
        folder = tmp_path / "photos" / label
        folder.mkdir(parents=True)
        for i in range(12):
            pixels = np.random.default_rng(i).integers(0, 255, (8, 8), np.uint8)
            Image.fromarray(pixels).save(folder / f"{EVIL}{i}.png")
    (tmp_path / "photos" / "b" / f"{EVIL}.png").write_bytes(b"no picture")
    photos, out = str(tmp_path / "photos"), str(tmp_path / EVIL)
    for line in (
        ["prepare", photos, "--out", out], ["prepare", photos, "--out", out, "--skip-bad", "--near", "keep"],
        ["prepare", photos, "--out", out, "--skip-bad", "--json", "max_bad=.5"], ["show", out],
        ["finetune", photos, "--from", "scratch", "--out", f"{out}2", "--steps", "1"], ["predict", out, photos],
    ):  # fmt: skip
        run(line)
        told = capfd.readouterr()
        assert not {"\x1b", "\x9b", "\u202e", "\x07"} & set(told.out + told.err), line
