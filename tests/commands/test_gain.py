"""gain: paired cells, a verdict, and no cell trained twice."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import headstart as hs
from headstart.assemble import finetuning
from headstart.cli import run
from headstart.core.recipe import Recipe
from headstart.evaluation import gain as module
from headstart.evaluation.arms import Arm

ARMS = ("pretrained", "scratch", "default", "fresh", "baseline", "constant")

Headstart = Callable[..., Any]
WORDS = ["--labels", "20,40", "--seeds", "2", "plan.steps=5", "--quiet"]


@dataclass(frozen=True, slots=True)
class Proof:
    """A finished proof, and what each of its cells learned from: labels, seed, rows."""

    path: Path
    drawn: list[tuple[int | None, int, tuple[int, ...]]]


@pytest.fixture(scope="module")
def made(model: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Proof:
    path, sound, drawn = tmp_path_factory.mktemp("proof") / "gain", module.finetuning, []

    def spied(recipe: Any, data: Any, **options: Any) -> Any:
        parts = sound(recipe, data, **options)
        drawn.append((recipe.labels, recipe.seed, tuple(parts.chosen.tolist())))
        return parts

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(cache))
        patched.setattr(module, "finetuning", spied)
        assert run(["gain", "digits", "--from", str(model), "--out", str(path), *WORDS]) == 0
    return Proof(path, drawn)


def digits(count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first of scikit-learn's digits, uint8 [n, 8, 8], and their names."""
    from sklearn.datasets import load_digits

    pixels, labels = map(np.asarray, load_digits(return_X_y=True))
    return np.rint(pixels[:count].reshape(-1, 8, 8) * 15.9375).astype(np.uint8), labels[:count].astype(str)


@pytest.fixture
def proof(made: Proof, tmp_path: Path) -> Path:
    """A copy of the proof for a test of its own."""
    return shutil.copytree(made.path, tmp_path / "gain")


def trained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int | None, int]]:
    """Every cell that is trained from now on."""
    sound, seen = module._train, []

    def counted(parts: Any, rows: Any, arm: Arm, count: int | None, seed: int) -> module.Cell:
        seen.append((arm.name, count, seed))
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
        (labels, arm, 2) for labels in (20, 40) for arm in ARMS
    ]
    for cell in told["cells"]:
        assert cell["low"] <= cell["score"] <= cell["high"]
        assert cell["score"] == pytest.approx(np.mean(cell["each_seed"]))
    assert {"accuracy", "accuracy_low", "accuracy_high", "baseline_accuracy"} <= set(told["scores"])
    scores = told["scores"]
    assert scores["baseline_accuracy_low"] <= scores["baseline_accuracy"] <= scores["baseline_accuracy_high"]
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


def test_every_arm_of_a_cell_learns_from_the_same_rows_and_seeds_draw_others(made: Proof) -> None:
    assert len(made.drawn) == 4 * len(ARMS)
    assert len(set(made.drawn)) == 4
    assert all(len(rows) == labels for labels, _, rows in made.drawn)


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


def test_seeds_and_labels_are_added_to_a_finished_proof(
    headstart: Headstart, model: Path, proof: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = trained(monkeypatch)
    more = ["--labels", "40,30,40", "--seeds", "3", "plan.steps=5", "--quiet", "--json"]
    told = headstart("gain", "digits", "--from", model, "--out", proof, *more).json
    assert [labels for labels, arm in ((c["labels"], c["start"]) for c in told["cells"]) if arm == "pretrained"] == [
        20, 30, 40
    ]  # fmt: skip
    assert {cell["seeds"] for cell in told["cells"]} == {3}
    assert len(seen) == len(set(seen)) == (3 + 2) * len(ARMS)  # 30 labels anew, the third seed of 20 and 40
    assert headstart("verify", proof).code == 0
    assert headstart("gain", "digits", "--from", model, "--out", proof, "--labels", "20", "plan.steps=6").code == 78


def test_a_second_start_is_compared_directly(headstart: Headstart, model: Path, tmp_path: Path) -> None:
    words = ["--against", model, "--labels", "20", "--seeds", "3", "plan.steps=5", "--quiet", "--json"]
    told = headstart("gain", "digits", "--from", model, "--out", tmp_path / "gain", *words).json
    scores = {cell["start"]: cell["score"] for cell in told["cells"]}
    assert scores[f"against {model.name}"] == scores["pretrained"]
    assert told["verdict"] == "not worth it"


def test_a_second_start_that_was_made_anew_does_not_go_into_the_same_proof(
    headstart: Headstart, model: Path, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (40, 8, 8), dtype=np.uint8)
    for steps, code in ((2, 0), (2, 0), (3, 78)):
        hs.pretrain(noise, out=tmp_path / "other", backbone="mlp", objective="autoencoder", steps=steps, overwrite=True)
        words = ["--against", tmp_path / "other", "--labels", "20", "--seeds", "1", "plan.steps=2", "--quiet"]
        told = headstart("gain", "digits", "--from", model, "--out", tmp_path / "gain", *words)
        assert told.code == code
    assert "HS-C158" in told.err
    assert "other" in told.err


def test_a_start_made_of_noise_is_not_worth_it(tmp_path: Path) -> None:
    """What `spread` gains over training from scratch, a dictionary of noise gains too."""
    noise = np.random.default_rng(0).integers(0, 255, (300, 8, 8), dtype=np.uint8)
    start = hs.pretrain(noise, out=tmp_path / "noise", backbone="dictionary", settings={"backbone.words": 100})
    some, settings = digits(500), {"plan.steps": 5}
    proof = hs.gain(some, start=start, out=tmp_path / "proof", labels=[20], seeds=2, settings=settings)
    arms = [rival.arm for rival in proof.result.budgets[0].evidence.rivals]
    assert arms == ["scratch", "default", "fresh", "raw", "baseline"]
    assert proof.verdict != "worth it"


def test_rows_of_few_groups_widen_the_interval_and_are_said(model: Path, tmp_path: Path) -> None:
    """The same test rows, told to be of one group or of many: what is alike tells less."""
    pictures, numbers = digits(700)
    columns = {"input": list(pictures), "label": list(numbers), "of": [f"g{n // 16}" for n in range(len(numbers))]}
    store = hs.prepare(pd.DataFrame(columns), out=tmp_path / "data", group="of", near="keep")
    proof = hs.gain(store, start=model, out=tmp_path / "p", labels=[40], seeds=2, settings={"plan.steps": 5})
    interval = proof.result.budgets[0].scores["baseline"]
    assert interval.rows < 20
    assert any("groups only" in warning for warning in proof.result.warnings)
    scores = hs.evaluate(hs.finetune(store, start=model, labels=40, out=tmp_path / "t"), store).scores
    assert scores["accuracy_low"] <= scores["accuracy"] <= scores["accuracy_high"]


def test_what_is_scored_chooses_no_weights(tmp_path: Path) -> None:
    """Without test rows the valid rows are scored, so that the choosing rows come out of train."""
    pixels = np.random.default_rng(0).integers(0, 256, (800, 8, 8), dtype=np.uint8)
    labels = np.random.default_rng(1).integers(0, 2, 800).astype(str)
    store = hs.prepare((pixels, labels), out=tmp_path / "data", split="train=.7,valid=.3", near="keep")
    parts = finetuning(Recipe(backbone={"kind": "mlp"}), store, device="cpu")
    assert len(parts.held)
    assert not set(parts.held) & set(store.rows("valid"))


def test_a_proof_without_a_directory_lies_in_the_cache_and_grows_there(
    headstart: Headstart, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["gain", "digits", "--from", model, "--tuning", "probe", "--seeds", "1", "--labels", "20", "--json"]
    first = headstart(*words).json
    assert Path(first["out"]).parent.samefile(os.environ["HEADSTART_CACHE"])
    seen = trained(monkeypatch)
    again = headstart(*words[:-2], "20,30", "--json").json
    assert again["out"] == first["out"]
    assert {count for _, count, _ in seen} == {30}


@pytest.mark.slow
def test_gain_of_rows_with_several_labels(headstart: Headstart, model: Path, tmp_path: Path) -> None:
    import sklearn.datasets

    images, digits = map(np.asarray, sklearn.datasets.load_digits(return_X_y=True))
    folder = tmp_path / "in"
    folder.mkdir()
    lines = []
    for n in range(120):
        pixels = (images[n].reshape(8, 8) * 15.9).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{n}.png")
        marks = ["odd"] * int(digits[n] % 2) + ["large"] * int(digits[n] > 4) or ["small"]
        lines.append(f"{n}.png,{'|'.join(marks)}")
    (folder / "labels.csv").write_text("\n".join(["image,label", *lines]), encoding="utf-8")
    words = ["--labels", "20", "--seeds", "1", "plan.steps=5", "--quiet", "--json"]
    told = headstart("gain", folder, "--from", model, "--out", tmp_path / "gain", *words)
    assert told.code == 0
    assert told.json["verdict"] == "cannot tell yet"  # one seed
    assert {cell["start"] for cell in told.json["cells"]} >= {"pretrained", "scratch"}
    assert all(0 <= cell["score"] <= 1 for cell in told.json["cells"])
