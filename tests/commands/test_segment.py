"""The life of a model that draws masks, from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import headstart as hs
from headstart.cli import run
from headstart.core.contracts.budget import Budget
from headstart.data.modalities.image.annotations import mask_of
from tests.helpers.discs import scenes, write_zip

Headstart = Callable[..., Any]
CNN = ["--backbone", "cnn", "backbone.channels=[8, 16]", "backbone.norm=group"]


def quietly(cache: Path, *words: str | Path) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(cache))
        assert run([*(str(word) for word in words), "--quiet"]) == 0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """A zip of discs, prepared; a model that learned them, and pictures without masks with a model of their own."""
    made = tmp_path_factory.mktemp("mask verbs")
    pixels, masks = scenes(48, side=32, most=4)
    write_zip(made / "discs.zip", pixels, masks)
    split = ["--split", "train=.7,test=.3", "--near", "keep"]
    quietly(cache, "prepare", made / "discs.zip", "--out", made / "data", *split)
    quietly(cache, "finetune", made / "data", "--from", "scratch", "--out", made / "model", "--steps", "60", *CNN,
            "plan.lr=6e-3", "task.objects=true")  # fmt: skip
    (made / "plain").mkdir()
    for number, picture in enumerate(pixels):
        Image.fromarray(picture).save(made / "plain" / f"{number}.png")
    quietly(
        cache, "pretrain", made / "plain", "--objective", "contrastive", "--out", made / "start", "--steps", "4", *CNN
    )
    return made


def test_evaluate_draws_the_outlines_of_the_most_wrong_pictures(
    place: Path, headstart: Headstart, tmp_path: Path
) -> None:
    told = headstart("evaluate", place / "model", place / "data", "--out", tmp_path / "report", "--json")
    assert told.code == 0, told.err
    scores = told.json["scores"]
    assert list(scores)[:1] == ["dice"]
    assert scores["dice"] > 0.8
    assert scores["dice_low"] < scores["dice"] < scores["dice_high"]
    assert 0 < scores["baseline_dice"] <= 1
    page = (tmp_path / "report" / "report.html").read_text("utf-8")
    assert "outlines of the answer in orange" in page
    assert page.count("data:image/png") >= 5  # wrong ones alone
    assert "objects" in page
    assert "By class" in page


def test_predict_gives_masks_of_the_size_of_each_picture(place: Path, headstart: Headstart, tmp_path: Path) -> None:
    pixels, _ = scenes(1, seed=5, side=32, most=4)
    Image.fromarray(pixels[0].repeat(3, 0).repeat(2, 1)).save(tmp_path / "wide.png")
    told = headstart("predict", place / "model", tmp_path / "wide.png", "--out", tmp_path / "a.jsonl")
    assert told.code == 0, told.err
    answer = json.loads((tmp_path / "a.jsonl").read_text("utf-8"))
    mask = mask_of(answer, "", Budget())
    assert mask.shape == (96, 64)
    assert answer["objects"] == len(np.unique(mask)) - 1
    assert sum(answer["classes"].values()) == pytest.approx(1)
    assert hs.load(str(place / "model")).predict([tmp_path / "wide.png"])[0]["mask"] == answer["mask"]


def test_a_start_of_whole_pictures_without_masks_can_learn_masks(
    place: Path, headstart: Headstart, tmp_path: Path
) -> None:
    """Its pictures were covered and those with masks are stretched, which is the same to the network."""
    for tuning in ("full", "gradual"):
        out = tmp_path / tuning
        told = headstart("finetune", place / "discs.zip", "--from", place / "start", "--out", out, "--steps", "3",
                         "--tuning", tuning, "--quiet")  # fmt: skip
        assert told.code == 0, told.err
    words = ("predict", tmp_path / "full", place / "plain" / "0.png", "--out", tmp_path / "a.jsonl")
    assert headstart(*words).code == 0


def test_gain_compares_with_a_simple_model_of_pixels(place: Path, headstart: Headstart, tmp_path: Path) -> None:
    told = headstart("gain", place / "discs.zip", "--from", place / "start", "--labels", "6", "--seeds", "1",
                     "--out", tmp_path / "proof", "plan.steps=3", "task.objects=true")  # fmt: skip
    assert told.code == 0, told.err
    page = (tmp_path / "proof" / "report.html").read_text("utf-8")
    assert "a linear model on the colours around a pixel" in page


@pytest.mark.parametrize("form", ["pt2", pytest.param("onnx", marks=pytest.mark.slow)])
def test_an_export_gives_probabilities_of_every_pixel(
    form: str, place: Path, headstart: Headstart, tmp_path: Path
) -> None:
    told = headstart("export", place / "model", "--format", form, "--out", tmp_path / "graph")
    assert told.code == 0, told.err
    usage = json.loads((tmp_path / "graph" / "export.json").read_text("utf-8"))
    assert usage["difference"] < 1e-4
    assert usage["classes"] == ["background", "object", "core of object"]


def test_what_cannot_learn_masks_says_so_in_a_line(place: Path, headstart: Headstart, tmp_path: Path) -> None:
    for words, code in ((["--backbone", "mlp"], "HS-C311"), (["--tuning", "probe"], "HS-C272")):
        told = headstart("finetune", place / "data", "--from", "scratch", "--out", tmp_path / "no", *words, "--quiet")
        assert told.code != 0
        assert told.err.count("\n") == 1
        assert code in told.err
