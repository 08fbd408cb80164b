"""The same names in Python as on the command line, with the same results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart as hs
from headstart.core.errors import UsageError

SETTINGS = {"backbone.widths": [32, 16], "plan.batch": 64}


def test_the_python_call_makes_the_same_model_as_the_command(model: Path, tmp_path: Path) -> None:
    made = hs.pretrain(
        "digits", backbone="mlp", objective="autoencoder", steps=20, out=tmp_path / "p", settings=SETTINGS
    )
    ours, theirs = (json.loads((p / "headstart.json").read_text())["weights"] for p in (tmp_path / "p", model))
    assert ours == theirs
    assert made.path == tmp_path / "p"


def test_the_whole_life_cycle_on_a_store(tmp_path: Path) -> None:
    data = hs.prepare("digits")
    model = hs.pretrain(data, backbone="mlp", objective="autoencoder", steps=20, out=tmp_path / "p", settings=SETTINGS)
    tuned = hs.finetune(data, start=model, labels=50, out=tmp_path / "t")
    assert hs.evaluate(tuned, data).scores["accuracy"] > 0.3
    proof = hs.gain(data, start=model, labels=[20], seeds=2, out=tmp_path / "g", settings={"plan.steps": 5})
    assert proof.verdict in ("worth it", "not worth it", "cannot tell yet")
    vectors = hs.load(tmp_path / "p").embed(data)
    assert vectors.shape == (1797, 16)
    assert len(tuned.predict([np.zeros((8, 8), np.uint8)])) == 1


def test_a_run_on_a_store_can_be_repeated_from_its_recipe(tmp_path: Path) -> None:
    from headstart.cli import run

    hs.pretrain(hs.prepare("digits"), backbone="mlp", objective="autoencoder", steps=5, out=tmp_path / "p")
    assert run(["rerun", str(tmp_path / "p"), "--quiet"]) == 0


def test_arrays_in_memory_are_data_too(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(80) % 2
    pictures = (generator.integers(0, 100, (80, 8, 8)) + 120 * labels[:, None, None]).astype(np.uint8)
    tuned = hs.finetune((pictures, labels), start="scratch", backbone="mlp", steps=40, out=tmp_path / "t")
    answers = tuned.predict(pictures)
    assert np.mean([int(a["label"]) == y for a, y in zip(answers, labels, strict=True)]) > 0.9
    assert "auc" in hs.evaluate(tuned, hs.prepare((pictures, labels))).scores


def test_numbers_are_regressed(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    value = generator.random(150)
    pictures = (generator.integers(0, 60, (150, 8, 8)) + 190 * value[:, None, None]).astype(np.uint8)
    tuned = hs.finetune((pictures, value), start="scratch", backbone="mlp", steps=150, out=tmp_path / "t")
    scores = hs.evaluate(tuned, hs.prepare((pictures, value))).scores
    assert scores["r2"] > 0.5
    assert scores["rmse_low"] <= scores["rmse"] <= scores["rmse_high"]


def test_every_verb_has_a_result_in_python(model: Path, tuned: Path, tmp_path: Path) -> None:
    pictures = np.zeros((3, 8, 8), np.uint8)
    answers: Any = hs.predict(tuned, pictures)
    assert [row["label"] for row in answers] == [row["label"] for row in hs.load(tuned).predict(pictures)]
    written: Any = hs.predict(tuned, pictures, out=tmp_path / "a.jsonl")
    assert (written.rows, written.errors, written.path) == (3, 0, tmp_path / "a.jsonl")
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 3
    assert np.array_equal(hs.embed(model, pictures), hs.load(model).embed(pictures))
    assert hs.embed(model, pictures, query=pictures[:1], nearest=2)[0][0]["similarity"] == pytest.approx(1.0)
    assert "vit" in hs.list("backbones")
    assert hs.show("objective", "masked")["settings"]["hide"] == "auto"
    assert hs.show(tuned)["verb"] == "finetune"
    assert hs.verify(tuned).files > 5
    assert hs.doctor()["versions"]["headstart"] == hs.__version__
    assert hs.export(tuned, format="pt2", out=tmp_path / "pt2").difference < 1e-4
    assert len(hs.generate(model, like=pictures, n=2)) == 2
    cost: Any = hs.pretrain("digits", backbone="mlp", steps=3, out=tmp_path / "none", plan=True)
    assert (cost.steps, cost.recipe.backbone["kind"]) == (3, "mlp")
    assert not (tmp_path / "none").exists()


def test_two_rows_of_test_data_are_scored_without_a_crash(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    labels = np.arange(40) % 2
    pictures = (generator.integers(0, 100, (40, 8, 8)) + 120 * labels[:, None, None]).astype(np.uint8)
    parts = {"train": (pictures[:36], labels[:36]), "test": (pictures[36:38], labels[36:38])}
    tuned = hs.finetune(parts, start="scratch", backbone="mlp", steps=20, out=tmp_path / "t")
    scores = hs.evaluate(tuned, hs.prepare(parts)).scores
    assert scores["auc"] in (0.0, 0.5, 1.0)


def test_what_stands_for_a_model_is_checked(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="starting point"):
        hs.finetune("digits", start=3, out=tmp_path / "t")
    with pytest.raises(UsageError, match="no such model"):
        hs.load(tmp_path / "absent")


def test_errors_carry_their_parts() -> None:
    with pytest.raises(hs.HeadstartError) as caught:
        hs.load("absent/model")
    assert caught.value.code == "HS-U510"
    assert caught.value.where == "absent/model"
    assert caught.value.fix


def test_a_name_that_is_none_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'pretrian'"):
        hs.pretrian  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]
    assert "pretrain" in dir(hs)
