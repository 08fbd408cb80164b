"""Models that earlier versions wrote open, answer as they did, verify, and can be gone on from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from headstart.cli import run
from headstart.inference.predictor import Predictor

FORMATS = sorted(Path(__file__).parent.glob("format-*"), key=lambda path: path.name)
every_format = pytest.mark.parametrize("folder", FORMATS, ids=lambda path: path.name)
each_model = pytest.mark.parametrize("name", ["pixels", "tuned", "topics", "masked_pictures", "masked_texts", "distil"])
OF_TEXTS = ("topics", "masked_texts")


def expected(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "expected.json").read_text("utf-8"))


def inputs(folder: Path, name: str) -> list[Any]:
    told = expected(folder)
    return told["texts"] if name in OF_TEXTS else [np.array(one, np.uint8) for one in told["pictures"]]


def test_there_is_a_format() -> None:
    assert FORMATS


@every_format
@pytest.mark.parametrize("name", ["pixels", "topics", "masked_pictures", "masked_texts", "distil"])
def test_vectors_are_as_they_were(folder: Path, name: str) -> None:
    found = Predictor.load(folder / name).embed(inputs(folder, name))
    np.testing.assert_allclose(found, expected(folder)[name], rtol=0, atol=1e-6)


@every_format
@pytest.mark.parametrize("name", ["masked_pictures", "masked_texts", "distil"])
def test_losses_of_the_objective_are_as_they_were(folder: Path, name: str) -> None:
    """The head is whole, its settings mean what they meant, and the same keys hide the same places."""
    predictor = Predictor.load(folder / name)
    batch, trainee = predictor.some(inputs(folder, name), 3), predictor.trainee
    with torch.no_grad():
        found = trainee.objective.eval()(trainee.backbone.eval(), batch).loss
    assert float(found) == pytest.approx(expected(folder)["losses"][name], abs=1e-5)


@every_format
def test_answers_are_as_they_were(folder: Path) -> None:
    found = Predictor.load(folder / "tuned").predict(inputs(folder, "tuned"))
    told = expected(folder)["tuned"]
    assert [set(one) for one in found] == [set(one) for one in told]
    for one, other in zip(found, told, strict=True):
        assert one["label"] == other["label"]
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-6)


@every_format
@each_model
def test_files_verify_and_lineage_shows(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(folder / name)]) == 0
    assert run(["show", str(folder / name)]) == 0
    assert "digits" in capsys.readouterr().out or name in OF_TEXTS


@every_format
@each_model
def test_a_model_can_be_gone_on_from(folder: Path, name: str, tmp_path: Path) -> None:
    shutil.copytree(folder / name, tmp_path / "start")
    source = "digits"
    if name in OF_TEXTS:
        source = str(tmp_path / "table.csv")
        lines = [f'"{text} {n}",{n % 2}' for n in range(20) for text in expected(folder)["texts"]]
        Path(source).write_text("\n".join(["text,topic", *lines]) + "\n", "utf-8")
    words = ["finetune", source, "--from", str(tmp_path / "start"), "--tuning", "full", "--steps", "3", "--quiet"]
    assert run([*words, "--out", str(tmp_path / "out")]) == 0
