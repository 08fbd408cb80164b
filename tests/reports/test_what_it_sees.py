"""What was learned piece by piece, and rows that a model takes for alike, in the report of a pretraining."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

import headstart as hs
from headstart.models.nn.visual_words import pictured


def test_a_dictionary_shows_its_patches_and_nearest_rows(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    pictures = generator.integers(0, 255, (40, 8, 8), np.uint8)
    small = {"backbone.words": 8, "backbone.kernel": 4}
    hs.pretrain(pictures, out=tmp_path / "run", objective="kmeans", backbone="dictionary", settings=small)
    report = json.loads((tmp_path / "run" / "report.json").read_text("utf-8"))
    (sees,) = (one["blocks"] for one in report["sections"] if one["title"] == "What it sees")
    sheet = next(one for one in sees if one["kind"] == "sheet")
    assert sheet["pictures"] == [{"width": 4, "height": 4}] * 8
    assert report["front"]["examples"]["kind"] == "sheet"
    near = next(one for one in sees if one["kind"] == "pictures")
    assert [name for name, _ in near["rows"]] == ["row", "nearest", "second", "third"]
    assert {len(row) for _, row in near["rows"]} == {8}


def test_weights_are_drawn_with_zero_as_grey() -> None:
    grey, colour = pictured(torch.tensor([[[[0.0, 1.0], [-0.5, 0.0]]]])), pictured(torch.zeros(2, 3, 2, 2))
    assert np.asarray(grey[0]).tolist() == [[128, 255], [64, 128]]
    assert [one.mode for one in colour] == ["RGB", "RGB"]
