"""Parts from outside of the package go through every verb, with no edit in it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart as hs
from headstart.core.errors import UsageError
from tests.helpers.programs import environment
from tests.outside.raw import groups, wheels
from tests.outside.run import run_of

pandas = pytest.importorskip("pandas")
SIGNALS, VECTORS = "tests.outside.signals:Signals", "tests.outside.vectors:Vectors"
AHEAD, GROUPS = "tests.outside.tasks:Ahead", "tests.outside.tasks:Groups"


def signals(rows: int = 60) -> Any:
    """A frame whose rows hold two columns of numbers."""
    return pandas.DataFrame(wheels(rows)).assign(split=["train"] * (rows - 20) + ["valid"] * 8 + ["test"] * 12)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("outside")
    hs.prepare(signals(), out=folder / "signals", input="wheel,noise", modality=SIGNALS)
    hs.prepare(groups(200), out=folder / "vectors", modality=VECTORS)
    return {"signals": folder / "signals", "vectors": folder / "vectors"}


def test_several_columns_of_unequal_length_are_stored_as_they_are(prepared: dict[str, Path]) -> None:
    from headstart.data.store import Store

    store = Store.open(prepared["signals"])
    row = store.take(store.rows("train")[:1])
    frame = signals()
    assert np.allclose(row["wheel"].reshape(-1), frame["wheel"][0], atol=1e-6)
    assert len(frame["noise"][0]) == len(row["noise"].reshape(-1)) == len(frame["wheel"][0]) - 3


LEARN: dict[str, Any] = {"steps": 30}
PARTS = {"objective": "tests.outside.parts:Denoise", "backbone": "tests.outside.parts:Steps"}


@pytest.fixture(scope="module")
def starts(prepared: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pretrained without naming an objective or a backbone: the modality says what suits it."""
    folder = tmp_path_factory.mktemp("starts")
    for name, data in prepared.items():
        hs.pretrain(data, out=folder / name, **LEARN)
    return {name: folder / name for name in prepared}


def test_pretraining_takes_what_the_modality_says_and_learns(starts: dict[str, Path]) -> None:
    for path in starts.values():
        config = json.loads((path / "config.json").read_text())["headstart"]
        assert config["objective"]["kind"] == PARTS["objective"]
        assert config["backbone"]["kind"] == PARTS["backbone"]
        losses = [json.loads(line)["loss"] for line in (path / "history.jsonl").read_text().splitlines()]
        assert losses[-1] < losses[0]
        assert (path / "report.html").stat().st_size > 10_000


TASKS = {"signals": AHEAD, "vectors": GROUPS}


@pytest.fixture(scope="module")
def tuned(
    prepared: dict[str, Path], starts: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("tuned")
    for name, task in TASKS.items():
        hs.finetune(prepared[name], start=starts[name], task=task, tuning="full", out=folder / name, steps=80)
    return {name: folder / name for name in TASKS}


def test_a_task_takes_its_target_from_windows_of_the_row_and_beats_the_blind_answer(
    prepared: dict[str, Path], tuned: dict[str, Path]
) -> None:
    evaluation = hs.evaluate(tuned["signals"], prepared["signals"])
    assert evaluation.headline == "mae"
    assert len(evaluation.rows) == 12
    assert evaluation.scores["mae_low"] <= evaluation.scores["mae"] <= evaluation.scores["mae_high"]
    assert evaluation.scores["mae"] < 0.64  # of a wheel between -1 and 1, whose mean is 0: 2 / pi
    assert 0.3 < evaluation.scores["baseline_mae"] < 0.5  # the step before, .6 of a radian away


def test_a_task_without_labels_is_fitted_and_scored_where_there_are_labels(
    prepared: dict[str, Path], tuned: dict[str, Path]
) -> None:
    scores = hs.evaluate(tuned["vectors"], prepared["vectors"]).scores
    assert scores["nmi"] > 0.5


@pytest.mark.parametrize("name", list(TASKS))
def test_models_answer_embed_show_and_verify(
    name: str, prepared: dict[str, Path], tuned: dict[str, Path], tmp_path: Path
) -> None:
    answers = hs.predict(tuned[name], prepared[name])
    vectors = hs.embed(tuned[name], prepared[name])
    assert len(answers) == len(vectors) > 50
    assert vectors.shape[1] == 16
    assert hs.show(tuned[name])["verb"] == "finetune"
    assert hs.verify(tuned[name])
    done = hs.export(tuned[name], format="pt2", out=tmp_path / "export")
    assert done.difference < 1e-4


@pytest.mark.parametrize("name", ["signals", pytest.param("vectors", marks=pytest.mark.slow)])
def test_models_are_exported_to_onnx(name: str, tuned: dict[str, Path], tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    done = hs.export(tuned[name], format="onnx", out=tmp_path / "export")
    assert done.difference < 1e-4


@pytest.mark.parametrize("name", ["signals", pytest.param("vectors", marks=pytest.mark.slow)])
def test_a_run_that_was_killed_ends_with_the_same_weights(name: str, prepared: dict[str, Path], tmp_path: Path) -> None:
    words = [sys.executable, "-W", "ignore", "-m", "tests.outside.run", str(prepared[name]), str(tmp_path / "run"), "5"]
    done = subprocess.run(words, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert [path.stem for path in (tmp_path / "run").glob("last/*.json")] == ["000000003"]
    assert run_of(prepared[name], tmp_path / "run") == run_of(prepared[name], None)


def test_new_rows_are_answered_by_the_columns_that_the_model_knows(tuned: dict[str, Path]) -> None:
    frame = signals()[:5]
    answers = hs.predict(tuned["signals"], frame[["wheel", "noise"]])
    assert [set(answer) for answer in answers] == [{"origin", "value"}] * 5
    rows = hs.predict(tuned["vectors"], list(groups(4)[0]))
    assert [set(answer) for answer in rows] == [{"origin", "group", "distance"}] * 4


def test_gain_proves_or_refuses_with_a_reason(
    prepared: dict[str, Path], starts: dict[str, Path], tmp_path: Path
) -> None:
    settings = {"task.kind": AHEAD, "tuning.kind": "full", "plan.steps": 10}
    proof = hs.gain(
        prepared["signals"], start=starts["signals"], labels=[20], seeds=2, out=tmp_path / "proof", settings=settings
    )
    assert proof.verdict in ("worth it", "not worth it", "cannot tell yet")
    settings["task.kind"] = GROUPS
    with pytest.raises(UsageError, match="baseline"):
        hs.gain(
            prepared["vectors"], start=starts["vectors"], labels=[20], seeds=2, out=tmp_path / "none", settings=settings
        )
