"""Rows that belong to no class, from raw data to scores: learned as one more class, or found by a threshold alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart as hs

Parts = dict[str, tuple[np.ndarray, list[str]]]
NAMES = ("top", "left", "oos")


def pictures(count: int, classes: int, seed: int) -> tuple[np.ndarray, list[str]]:
    """Bright rows above, bright columns on the left, or noise: the last is "oos"."""
    generator = np.random.default_rng(seed)
    made = generator.integers(0, 120, (count, 8, 8))
    for number, picture in enumerate(made):
        if number % classes == 0:
            picture[:4] += 130
        elif number % classes == 1:
            picture[:, :4] += 130
    return made.astype(np.uint8), [NAMES[number % classes] for number in range(count)]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Fine-tune from scratch on the parts and score the test part."""
    monkeypatch.setenv("HEADSTART_CACHE", str(tmp_path / "cache"))

    def scored(parts: Parts, **task: Any) -> Any:
        said = {"plan.lr": 3e-3, "backbone.widths": [32], **{f"task.{name}": value for name, value in task.items()}}
        store = hs.prepare(parts, near="keep", unknown="oos")
        tuned = hs.finetune(store, start="scratch", backbone="mlp", steps=80, out=tmp_path / "tuned", settings=said)
        return hs.evaluate(tuned, store)

    return scored


def test_a_threshold_finds_what_nobody_has_labelled(run: Callable[..., Any]) -> None:
    parts = {"train": pictures(200, 2, 0), "valid": pictures(60, 3, 1), "test": pictures(150, 3, 2)}
    found = run(parts, unknown="oos", threshold=0.9)
    assert not any("missing" in warning for warning in hs.prepare(parts, near="keep", unknown="oos").warnings)
    with pytest.raises(hs.HeadstartError, match="HS-D342"):
        hs.prepare(parts, near="keep", unknown="oops")
    assert list(found.answers[0]["probabilities"]) == ["left", "top"]
    assert found.classes == ["left", "top", "oos"]
    slow = np.zeros((3, 3), int)
    for answer, example in zip(found.answers, found.examples, strict=True):
        slow[found.classes.index(example["label"]), found.classes.index(answer["label"])] += 1
    assert (found.confusion == slow).all()
    assert slow.sum() == 150
    assert found.scores["accuracy"] == pytest.approx(np.trace(slow) / 150)
    assert found.scores["unknown_recall"] == pytest.approx(slow[2, 2] / 50)
    assert found.scores["unknown_auc"] > 0.8
    assert found.scores["unknown_recall_low"] <= found.scores["unknown_recall"] <= found.scores["unknown_recall_high"]
    assert [row["class"] for row in found.per_class] == found.classes
    given = []
    for answer, example in zip(found.answers, found.examples, strict=True):
        shares = answer["probabilities"]
        given.append(shares.get(example["label"], 1 - max(shares.values())))
    pairs = list(zip(found.answers, found.examples, strict=True))
    wrong = [row for row in np.argsort(given, kind="stable") if pairs[row][0]["label"] != pairs[row][1]["label"]]
    assert found.worst == wrong[:24]


def test_rows_of_no_class_are_learned_where_there_are_some(run: Callable[..., Any]) -> None:
    parts = {"train": pictures(210, 3, 0), "test": pictures(150, 3, 2)}
    found = run(parts, unknown="oos")
    assert list(found.answers[0]["probabilities"]) == ["left", "oos", "top"]
    assert found.scores["unknown_recall"] > 0.8
    assert found.scores["accuracy"] > 0.9
    assert "ece" in found.scores


def test_a_test_part_of_nothing_else_is_scored(run: Callable[..., Any]) -> None:
    noise = np.random.default_rng(3).integers(0, 120, (20, 8, 8)).astype(np.uint8)
    found = run({"train": pictures(200, 2, 0), "test": (noise, ["oos"] * 20)}, unknown="oos", threshold=0.9)
    assert found.scores["accuracy"] == found.scores["unknown_recall"] > 0.3
    assert not {"ece", "known_accuracy", "unknown_auc"} & found.scores.keys()
