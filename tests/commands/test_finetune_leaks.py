"""Fine-tuning tells of test rows that its start, or its own train rows, have shown, and scores the others as well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import numpy as np

import headstart
from headstart.core.contracts.metric import Metric
from headstart.data.prepare import prepare
from headstart.data.store import Store
from headstart.evaluation import gain
from headstart.evaluation.leaks import leaks
from headstart.models import remembered
from tests.badinput.test_leaks import smooth


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


def half_mirrored(folder: Path, near: Literal["drop", "keep"]) -> Store:
    """120 train pictures, and 40 test pictures of which 20 are mirrored train pictures."""
    pictures = np.stack(smooth(140, 7))
    pictures = np.concatenate([pictures, pictures[:20, :, ::-1]])
    names = np.array(["a", "b"] * 80)
    parts = {"train": (pictures[:120], names[:120]), "test": (pictures[120:], names[120:])}
    return prepare(parts, folder / near, near=near)


def test_changed_copies_of_train_rows_are_told_and_scores_stand_without_them(tmp_path: Path) -> None:
    store = half_mirrored(tmp_path, "keep")
    settings = {"backbone.width": 4, "plan.steps": 2}
    model = headstart.finetune(store, start="scratch", backbone="linear", out=tmp_path / "model", settings=settings)
    assert model.path is not None
    facts = json.loads((model.path / "headstart.json").read_text())
    told = [one for one in facts["warnings"] if "look like changed copies of such rows" in one]
    assert len(told) == 1
    assert "without them accuracy is" in told[0]
    assert facts["scores"]["unseen_accuracy_low"] <= facts["scores"]["unseen_accuracy"]
    again = headstart.evaluate(model.path, store)
    assert told[0] in again.warnings
    assert again.scores["unseen_accuracy"] == facts["scores"]["unseen_accuracy"]

    old = np.fromfile(model.path / remembered.SKETCHES, np.uint8)[8:].reshape(-1, 264)[:, :72]
    (model.path / remembered.SKETCHES).write_bytes(np.uint64(72).tobytes() + old.tobytes())  # as version 0.1 did
    blind = remembered.Memory(remembered.seen(model.path), remembered.sketches(model.path), "image")
    assert "earlier version" in leaks([blind], store, store.rows("test")).unknown


def test_train_rows_that_are_changed_copies_of_test_rows_are_left_out(tmp_path: Path) -> None:
    store = half_mirrored(tmp_path, "drop")
    reasons = [row["reason"] for row in store.rejected()]
    assert store.splits["test"] == 40
    assert reasons.count("changed copy of a test row") >= 18
    assert len(reasons) <= 22


def test_a_proof_says_what_it_says_without_the_suspects() -> None:
    right = np.zeros((4, 100), np.float32)
    right[0, :80], right[1:, 50:80] = 1, 1  # the start knows 50 rows by heart
    arms = ("pretrained", "scratch", "baseline", "constant")
    cells = [
        gain.Cell(arm=arm, labels=20, seed=seed, row_scores=row, seconds=0, chosen={"words": arm})
        for arm, row in zip(arms, right, strict=True)
        for seed in range(5)
    ]
    proof = gain.judge(cells, Metric("accuracy"), split="test")
    assert proof.verdict.verdict == "worth it"
    assert gain._without(proof, np.arange(50, 100)).endswith("not worth it.")
    assert gain._without(proof, np.arange(50, 100)).startswith("; by the 50 others: ")
    assert gain._without(proof, np.arange(0)) == "; the gain may be flattered"
