"""Intervals of numbers: they hold as often as they say, are saved, and are absent where nothing is known."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from headstart.commands.finetune import finetune
from headstart.core import catalog
from headstart.inference.predictor import Predictor
from headstart.models.artifact import Artifact
from headstart.training.conformal import reach
from tests.helpers.letters import AMINO


def test_new_errors_lie_within_the_reach_as_often_as_wanted() -> None:
    generator, hits = np.random.default_rng(0), []
    for _ in range(400):
        found = reach(generator.standard_t(3, (60, 1)), 0.9)
        assert found is not None
        hits.append(np.mean(np.abs(generator.standard_t(3, 200)) <= found))
    assert 0.9 <= np.mean(hits) < 0.93  # of 60 rows at most 1/61 more than wanted


def test_the_reach_is_the_smallest_error_that_enough_errors_do_not_exceed() -> None:
    errors = np.random.default_rng(1).normal(size=(99, 2))
    found = reach(errors, 0.9)
    assert found is not None
    for column, limit in zip(np.abs(errors).T, found, strict=True):
        assert sum(column <= limit) == math.ceil(100 * 0.9)


def test_too_few_rows_say_nothing() -> None:
    assert reach(np.ones((8, 1)), 0.9) is None
    assert reach(np.ones((9, 1)), 0.9) is not None


def table(path: Path, rows: int = 600) -> Path:
    """Mutants of one protein whose value depends on two places, with noise; every third row is no train row."""
    generator = np.random.default_rng(0)
    lines = ["sequence,target,set"]
    for number in range(rows):
        letters = list("MKVLAAGIVGMKVLAAGIVGMKVLAAGIVG")
        one, other = generator.integers(0, 20, 2)
        letters[3], letters[17] = AMINO[one], AMINO[other]
        letters[9], letters[25] = (AMINO[place] for place in generator.integers(0, 20, 2))  # say nothing
        value = one / 5 - other / 8 + generator.normal(0, 0.5)
        lines.append(f"{''.join(letters)},{value + 7:.4f},{('train', 'valid', 'test', 'train')[number % 4]}")
    file = path / "fitness.csv"
    file.write_text("\n".join(lines), "utf-8")
    return file


def tuned(path: Path, **more: Any) -> Predictor:
    settings = {"backbone.kind": "linear", "task.kind": "regress", "data.near": "keep", **more}
    return finetune(table(path), start="scratch", out=path / "model", settings=settings)


def test_answers_say_low_and_high_and_the_coverage_is_measured(tmp_path: Path) -> None:
    model = tuned(tmp_path)
    assert model.path is not None
    scores = Artifact.open(model.path).facts["scores"]
    assert 0.83 < scores["coverage"] < 0.96
    assert scores["coverage_low"] < scores["coverage"] < scores["coverage_high"]
    for answer in Predictor.load(model.path).predict(["MKVLAAGIVGMKVLAAGIVGMKVLAAGIVG"]):
        assert answer["low"] < answer["value"] < answer["high"]
        assert answer["high"] - answer["low"] == pytest.approx(scores["interval_width"], rel=1e-4)


def test_without_an_interval_answers_are_the_value_alone(tmp_path: Path) -> None:
    model = tuned(tmp_path, **{"task.interval": 0})
    assert set(model.predict(["MKVLAAGIVGMKVLAAGIVGMKVLAAGIVG"])[0]) == {"value"}


def test_the_rank_is_the_share_of_train_targets_below_the_value(tmp_path: Path) -> None:
    model = tuned(tmp_path, **{"task.rank": True, "data.target": "target"})
    assert model.path is not None
    lines = [line.split(",") for line in (tmp_path / "fitness.csv").read_text("utf-8").splitlines()[1:]]
    train = np.array([float(value) for _, value, part in lines if part == "train"])
    for answer in Predictor.load(model.path).predict([sequence for sequence, _, _ in lines[:40]]):
        assert answer["rank"] == pytest.approx((train < answer["value"]).mean(), abs=0.02)


def test_labels_that_are_counted_are_not_used_for_intervals(tmp_path: Path) -> None:
    settings = {"backbone.kind": "linear", "task.kind": "regress", "data.near": "keep"}
    model = finetune(table(tmp_path), start="scratch", out=tmp_path / "few", labels=100, settings=settings)
    assert set(model.predict(["MKVLAAGIVGMKVLAAGIVGMKVLAAGIVG"])[0]) == {"value"}


def test_a_model_that_was_saved_without_a_reach_still_opens(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    from headstart.models import artifact

    model = tuned(tmp_path)
    assert model.path is not None
    head = model.path / "head.safetensors"
    tensors = {name: tensor for name, tensor in load_file(head).items() if name != "reach"}
    save_file(tensors, head, {"format": "pt"})
    (model.path / artifact.MANIFEST).unlink()
    artifact.seal(model.path)
    assert set(Predictor.load(model.path).predict(["MKVLAAGIVGMKVLAAGIVGMKVLAAGIVG"])[0]) == {"value"}


def test_low_and_high_of_logarithms_lie_where_the_learned_interval_ends() -> None:
    values = np.exp(np.random.default_rng(0).normal(0, 2, 200)).tolist()
    settings = catalog.load("tasks", "regress").infer_settings(values)
    task = _bare(settings)
    task.reach.fill_(0.5)
    outputs = torch.tensor([[-0.3], [0.8]])
    low, high = (task.decode(outputs + sign * 0.5) for sign in (-1, 1))
    found = task.bounded(outputs)
    assert [one["low"] for one in found] == [one["value"] for one in low]
    assert [one["high"] for one in found] == [one["value"] for one in high]
    assert found[1]["high"] - found[1]["value"] > found[1]["value"] - found[1]["low"]


def _bare(settings: dict[str, Any]) -> Any:
    from tests.training.test_twins import NETWORKS, ROWS, batch, modality

    data = modality("one")
    cls, sizes = NETWORKS["dilated"]
    backbone = cls(data.spec, **sizes)
    return catalog.load("tasks", "regress")(backbone, batch(data, ROWS), data.augment(data), scale="auto", **settings)
