"""Whole runs on sounds, from files to answers."""

from __future__ import annotations

from pathlib import Path

import pytest

import headstart as hs
from tests.helpers.sounds import class_folders, encoded, sound


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared set of high and low tones."""
    place = tmp_path_factory.mktemp("tones")
    return hs.prepare(class_folders(place / "in", 20), out=place / "out").directory


def answers(model: Path | None, tmp_path: Path) -> list[dict[str, object]]:
    assert model is not None
    (tmp_path / "new.wav").write_bytes(encoded(sound(2600, 77, 1200.0)))
    return hs.load(model).predict([tmp_path / "new.wav"])


def test_a_linear_model_reads_statistics_and_answers_files(tones: Path, tmp_path: Path) -> None:
    run = hs.finetune(tones, start="scratch", out=tmp_path / "run", backbone="linear")
    (told,) = answers(run.path, tmp_path)
    assert told["label"] == "high"
    assert (told["file"], told["start"], told["end"]) == ("new.wav", 0, 0.325)
    assert hs.load(run.path).modality.spec.sizes == {"columns": 156}


def test_convolutions_learn_tones_with_the_settings_that_suit_spectra(tones: Path, tmp_path: Path) -> None:
    run = hs.finetune(
        tones, start="scratch", out=tmp_path / "run", backbone="cnn", steps=12, settings={"plan.batch": 16}
    )
    model = hs.load(run.path)
    assert model.trainee.backbone.channels == (16, 32, 64, 96)  # pyright: ignore[reportAttributeAccessIssue]
    (told,) = answers(run.path, tmp_path)
    assert told["label"] == "high"


@pytest.mark.parametrize("form", ["pt2", pytest.param("onnx", marks=pytest.mark.slow)])
def test_an_export_takes_samples_and_answers_as_the_model_does(tones: Path, tmp_path: Path, form: str) -> None:
    run = hs.finetune(
        tones, start="scratch", out=tmp_path / "run", backbone="cnn", steps=2, settings={"plan.batch": 16}
    )
    (tmp_path / "new.wav").write_bytes(encoded(sound(2600, 77, 1200.0)))
    made = hs.export(run, format=form, out=tmp_path / "export", rows=tmp_path / "new.wav")
    assert made.usage["takes"] == ["x", "keep"]
    assert made.difference < 1e-4
    assert "samples of mono sounds" in (tmp_path / "export" / "README.md").read_text("utf-8")
