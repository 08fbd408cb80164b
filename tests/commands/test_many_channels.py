"""Pictures of five channels from raw files to answers, vectors, exports and sheets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import transformers
from PIL import Image

import headstart as hs

Headstart = Callable[..., Any]
quiet = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


def five(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """[n, 12, 12, 5] noise of 12 bits; the class is which half is bright in the fourth and fifth channel."""
    generator = np.random.default_rng(seed)
    x, y = generator.integers(0, 3000, (n, 12, 12, 5), dtype=np.uint16), np.arange(n) % 2
    x[y == 0, :, :6, 3:] += 1000
    x[y == 1, :, 6:, 3:] += 1000
    return x, y


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """TIFF files of five bands in folders of two classes."""
    place = tmp_path_factory.mktemp("scenes")
    for number, (picture, label) in enumerate(zip(*five(120, 0), strict=True)):
        (place / ["wet", "dry"][label]).mkdir(exist_ok=True)
        tifffile.imwrite(
            place / ["wet", "dry"][label] / f"{number}.tif", picture, photometric="minisblack",
            planarconfig="contig", compression="zlib",
        )  # fmt: skip
    return place


@pytest.mark.parametrize(
    ("backbone", "tuning"), [("cnn", "full"), pytest.param("dictionary", "probe", marks=pytest.mark.slow)]
)
def test_the_class_that_only_the_last_channels_carry_is_learned(tmp_path: Path, backbone: str, tuning: str) -> None:
    scores = {}
    for channels in (5, 3):
        parts = {name: five(n, seed) for name, n, seed in (("train", 240, 1), ("test", 100, 2))}
        cut = {name: (x[..., :channels], y) for name, (x, y) in parts.items()}
        made = hs.finetune(
            cut,
            start="scratch",
            backbone=backbone,
            tuning=tuning,
            steps=30,
            out=tmp_path / f"{backbone}{channels}",
            settings={"backbone.channels": [8, 16], "plan.lr": 3e-3} if backbone == "cnn" else {},
        )
        answers = made.predict(cut["test"][0])
        said = [int(answer["label"]) for answer in answers]
        scores[channels] = np.mean(np.array(said) == cut["test"][1])
    assert scores[5] > 0.95
    assert scores[3] < 0.65


@quiet
def test_a_folder_of_bands_goes_all_the_way(headstart: Headstart, scenes: Path, tmp_path: Path) -> None:
    data, model = tmp_path / "data", tmp_path / "model"
    told = headstart("prepare", scenes, "--out", data)
    assert "channels 5, height 12, width 12" in told.out
    assert "pages for people show the first three of 5 channels" in told.out
    words = ["--from", "scratch", "--backbone", "cnn", "--steps", 10, "backbone.channels=[8, 8]"]
    assert headstart("finetune", data, *words, "--out", model).code == 0
    page = (model / "report.html").read_text("utf-8")
    assert "the first three of 5 channels" in page
    assert headstart("evaluate", model, data, "--json").code == 0
    assert headstart("predict", model, scenes / "wet", "--out", tmp_path / "a.jsonl").code == 0
    answers = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert len(answers) == 60
    again = hs.load(model).predict([tifffile.imread(scenes / "wet" / Path(answers[0]["origin"]).name)])
    assert again[0]["probability"] == pytest.approx(answers[0]["probability"], abs=1e-5)
    assert hs.load(model).embed(data).shape == (120, 8)


@quiet
@pytest.mark.parametrize("form", ["pt2", pytest.param("onnx", marks=pytest.mark.slow)])
def test_a_model_of_five_channels_is_exported(headstart: Headstart, scenes: Path, tmp_path: Path, form: str) -> None:
    words = ["--from", "scratch", "--backbone", "cnn", "--steps", 2, "backbone.channels=[8, 8]"]
    assert headstart("finetune", scenes, *words, "--out", tmp_path / "model").code == 0
    assert headstart("export", tmp_path / "model", "--format", form, "--out", tmp_path / form).code == 0


def test_what_a_model_of_five_channels_paints_shows_three(headstart: Headstart, scenes: Path, tmp_path: Path) -> None:
    words = ["--objective", "vae", "--steps", 5, "--backbone", "mlp", "backbone.widths=[16, 8]"]
    assert headstart("pretrain", scenes, *words, "--out", tmp_path / "p").code == 0
    told = headstart("generate", tmp_path / "p", "--n", 2, "--out", tmp_path / "new.png")
    assert "(the first three of 5 channels)" in told.out
    with Image.open(tmp_path / "new.png") as sheet:
        assert sheet.mode == "RGB"
    assert headstart("generate", tmp_path / "p", "--like", scenes, "--n", 2, "--out", tmp_path / "like.png").code == 0


def test_a_public_model_of_three_channels_refuses_five_in_one_line(
    headstart: Headstart, scenes: Path, tmp_path: Path
) -> None:
    config = transformers.ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=12, patch_size=4
    )
    transformers.ViTModel(config).save_pretrained(tmp_path / "public")
    told = headstart("finetune", scenes, "--from", tmp_path / "public", "--out", tmp_path / "t", "--quiet")
    assert told.code != 0
    assert told.err.count("\n") == 1
    assert "found 5, expected 3" in told.err
    assert not (tmp_path / "t").exists()
