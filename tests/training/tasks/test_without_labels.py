"""Tasks that need no labels, through the verbs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart as hs

CLUSTER, BRIGHTNESS = "tests.helpers.label_free:Cluster", "tests.helpers.label_free:Brightness"


def pictures(count: int, seed: int = 0) -> np.ndarray:
    """Dark and bright noise."""
    generator = np.random.default_rng(seed)
    return (generator.integers(0, 90, (count, 8, 8)) + 20 * generator.integers(0, 8, (count, 1, 1))).astype(np.uint8)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Any:
    place = tmp_path_factory.mktemp("start")
    return hs.pretrain(pictures(300), objective="autoencoder", backbone="mlp", steps=20, out=place / "model")


def test_rows_without_labels_are_clustered_and_scored(start: Any, tmp_path: Path) -> None:
    tuned = hs.finetune(pictures(300), start=start, task=CLUSTER, steps=20, out=tmp_path / "tuned")
    answers = tuned.predict(pictures(7, seed=1))
    assert {answer["label"] for answer in answers} <= {"0", "1", "2"}
    found = hs.evaluate(tuned, pictures(300), out=tmp_path / "report")
    assert set(found.scores) == {"distance", "distance_low", "distance_high"}
    assert len(found.rows) > 20


def test_where_there_are_labels_they_are_scored_with(start: Any, tmp_path: Path) -> None:
    labelled = (pictures(300), ["a", "b"] * 150)
    tuned = hs.finetune(labelled, start=start, task=CLUSTER, steps=20, out=tmp_path / "tuned")
    assert 0.4 < hs.evaluate(tuned, labelled).scores["purity"] <= 1.0


def test_a_gain_without_a_baseline_is_refused(start: Any, tmp_path: Path) -> None:
    with pytest.raises(hs.HeadstartError, match=r"HS-U542.*baseline.*cluster"):
        hs.gain(pictures(300), start=start, task=CLUSTER, labels=[20], out=tmp_path / "gain")


def test_a_target_in_the_row_is_learned_scored_and_proved(start: Any, tmp_path: Path) -> None:
    tuned = hs.finetune(pictures(300), start=start, task=BRIGHTNESS, out=tmp_path / "tuned")
    found = hs.evaluate(tuned, pictures(300))
    assert found.scores["mae"] < 0.05
    assert "baseline_mae" in found.scores
    proof = hs.gain(pictures(300), start=start, task=BRIGHTNESS, labels=[20], seeds=1, out=tmp_path / "gain",
                    settings={"plan.steps": 20})  # fmt: skip
    assert proof.verdict
    with pytest.raises(hs.HeadstartError, match="HS-U541"):
        hs.gain(pictures(300), start=start, task=BRIGHTNESS, labels=[999], out=tmp_path / "more")


def test_without_labels_a_task_has_to_be_named(start: Any, tmp_path: Path) -> None:
    with pytest.raises(hs.HeadstartError, match="HS-D310"):
        hs.finetune(pictures(300), start=start, out=tmp_path / "tuned")
