"""Fine-tuning tells of test rows that its start has seen."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

import headstart
from headstart.data.prepare import prepare


def test_test_rows_that_the_start_learned_from_are_told(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 255, (60, 8, 8), dtype=np.uint8)
    names = np.array(["a", "b"] * 30)
    parts = {"train": (pixels[:40], names[:40]), "test": (pixels[40:], names[40:])}
    store = prepare(parts, tmp_path / "store", near="keep")
    warnings = {}
    for name, rows in {"all": pixels, "train": pixels[:40]}.items():
        start = tmp_path / f"start {name}"
        settings = {"backbone.width": 4}
        headstart.pretrain(
            prepare(rows, tmp_path / f"{name} rows", near="keep"),
            objective="pca",
            backbone="linear",
            out=start,
            settings={**settings, "data.all": True},
        )
        model = headstart.finetune(store, start=start, out=tmp_path / f"model {name}")
        assert model.path is not None
        facts = json.loads((model.path / "headstart.json").read_text())
        warnings[name] = [one for one in facts["warnings"] if "among the rows" in one]
    assert len(warnings["all"]) == 1
    assert "scored rows were among the rows" in warnings["all"][0]
    assert not warnings["train"]
