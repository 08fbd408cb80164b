"""gain: paired cells, a verdict, and no cell trained twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headstart.evaluation import gain as module

Headstart = Callable[..., Any]
WORDS = ["--labels", "20,40", "--seeds", "2", "plan.steps=5", "--quiet"]


@pytest.fixture
def proof(headstart: Headstart, model: Path, tmp_path: Path) -> Path:
    assert headstart("gain", "digits", "--from", model, "--out", tmp_path / "gain", *WORDS).code == 0
    return tmp_path / "gain"


def trained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int | None, int]]:
    """Every cell that is trained from now on."""
    sound, seen = module._train, []

    def counted(parts: Any, rows: Any, arm: str, count: int | None, seed: int) -> module.Cell:
        seen.append((arm, count, seed))
        return sound(parts, rows, arm, count, seed)

    monkeypatch.setattr(module, "_train", counted)
    return seen


def test_gain_tells_verdict_sentence_cells_and_scores(
    headstart: Headstart, model: Path, proof: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = trained(monkeypatch)
    told = headstart("gain", "digits", "--from", model, "--out", proof, *WORDS, "--json").json
    assert seen == []  # the same call again trains nothing
    assert told["verdict"] in ("worth it", "not worth it", "cannot tell yet")
    assert told["sentence"]
    assert [(c["labels"], c["start"], c["seeds"]) for c in told["cells"]] == [
        (labels, arm, 2) for labels in (20, 40) for arm in module.ARMS
    ]
    for cell in told["cells"]:
        assert cell["low"] <= cell["score"] <= cell["high"]
        assert cell["score"] == pytest.approx(np.mean(cell["each_seed"]))
    assert {"accuracy", "accuracy_low", "accuracy_high", "baseline_accuracy"} <= set(told["scores"])
    assert (proof / "report.html").exists()
    assert headstart("verify", proof).code == 0


def test_an_interrupted_proof_goes_on_with_the_cells_that_are_missing(
    headstart: Headstart, model: Path, proof: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = json.loads((proof / "gain.json").read_text())
    (proof / "manifest.json").unlink()
    (proof / "cells" / "scratch-40-1.json").unlink()
    seen = trained(monkeypatch)
    assert headstart("gain", "digits", "--from", model, "--out", proof, *WORDS).code == 0
    assert seen == [("scratch", 40, 1)]
    assert json.loads((proof / "gain.json").read_text())["cells"] == before["cells"]


def test_every_arm_of_a_cell_learns_from_the_same_rows_and_seeds_draw_others(
    headstart: Headstart, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, drawn = module.finetuning, []

    def spied(recipe: Any, data: Any, **options: Any) -> Any:
        parts = sound(recipe, data, **options)
        drawn.append((recipe.labels, recipe.seed, tuple(parts.chosen.tolist())))
        return parts

    monkeypatch.setattr(module, "finetuning", spied)
    assert headstart("gain", "digits", "--from", model, "--out", tmp_path / "g", *WORDS).code == 0
    assert len(drawn) == 4 * len(module.ARMS)
    assert len(set(drawn)) == 4
    assert all(len(rows) == labels for labels, _, rows in drawn)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--labels", "20,x"], 2, "'20,x'"),
        (["--labels", "0"], 2, "above 0"),
        (["--labels", "20", "--seeds", "0"], 2, "seed"),
        (["--labels", "5000"], 2, "5000"),
        (["--from", "scratch"], 2, "pretrained"),
    ],
)
def test_a_proof_that_cannot_be_is_refused(
    headstart: Headstart, model: Path, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    told = headstart("gain", "digits", "--from", model, "--out", tmp_path / "g", "--quiet", *words)
    assert told.code == code
    assert said in told.err
